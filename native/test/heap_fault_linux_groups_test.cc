// Linux machines with groups, read while the heap is exhausted: no limit is missed afterwards.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "heap_faults.h"
#include "memory/snapshot.h"
#include "memory_linux_machine.h"
#include "open_handles.h"
#include "recorded_machine.h"

namespace ebbcache::testing {
namespace {

class HeapFaultGroups : public ::testing::TestWithParam<const char*> {};

TEST_P(HeapFaultGroups, AreAllReadAfterwards) {
  const RecordedMachine machine(GetParam());
  std::string error;
  MemoryUsage usual;
  ASSERT_TRUE(openMemoryReader(machine.roots())->readUsage(usual, error)) << error;
  ASSERT_TRUE(usual.group);
  const size_t handles = countOpenHandles();
  auto reader = openMemoryReader(machine.roots());
  const uint64_t faults = test::failEachOnce(
      [&] {
        MemoryUsage usage;
        reader->readUsage(usage, error);
      },
      [&] {
        MemoryUsage usage;
        EXPECT_TRUE(reader->readUsage(usage, error)) << error;
        ASSERT_TRUE(usage.group);
        EXPECT_EQ(usage.group->limit, usual.group->limit);
        EXPECT_EQ(usage.group->used, usual.group->used);
        reader.reset();
        EXPECT_EQ(countOpenHandles(), handles);
        reader = openMemoryReader(machine.roots());
      });
  EXPECT_GT(faults, 10U);
}

/// The process is moved to another group, and back before that one could be opened.
TEST(HeapFaultMovedGroups, AreAllReadAfterwards) {
  const LinuxMachine machine;
  const auto enter = [&](const std::string& group) {
    machine.tree.write("proc/self/cgroup", "0::/" + group + "\n");
  };
  machine.writeV2("second", "max", "max", 100 * kMiB, 0);
  MemoryUsage usage;
  std::string error;
  std::unique_ptr<MemoryReader> reader;
  const auto startInFirst = [&] {
    machine.writeV2("first", "536870912", "max", 300 * kMiB, 0);
    enter("first");
    reader = machine.open();
    ASSERT_TRUE(reader->readUsage(usage, error)) << error;
    // The reader finds its groups again as soon as it cannot read one.
    machine.tree.remove("cgroup/first");
    enter("second");
  };
  startInFirst();
  const uint64_t faults =
      test::failEachOnce([&] { reader->readUsage(usage, error); },
                         [&] {
                           machine.writeV2("first", "536870912", "max", 300 * kMiB, 0);
                           enter("first");
                           MemoryUsage now;
                           EXPECT_TRUE(reader->readUsage(now, error)) << error;
                           // A read that met no fault uses the second group for up to a second.
                           const bool isFirst = now.group && now.group->limit == 512 * kMiB;
                           EXPECT_TRUE(isFirst || !usage.group);
                           usage = {};
                           startInFirst();
                         });
  EXPECT_GT(faults, 10U);
}

INSTANTIATE_TEST_SUITE_P(Machines, HeapFaultGroups,
                         ::testing::Values("docker-v1", "docker-v2", "kubernetes-v1-pod",
                                           "kubernetes-v2-pod", "systemd-service"));

}  // namespace
}  // namespace ebbcache::testing

// Readers and watches of the machine while the heap is exhausted: a call fails, the next one
// succeeds, and nothing stays open.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "heap_faults.h"
#include "memory/pressure_watch.h"
#include "memory/snapshot.h"
#include "open_handles.h"
#include "pressure/memory_sampler.h"

namespace ebbcache::test {
namespace {

using ebbcache::testing::countOpenHandles;

void readAll(MemoryReader& reader) {
  MemoryUsage usage;
  MemorySnapshot snapshot;
  std::string error;
  reader.readUsage(usage, error);
  reader.readGroup(usage, error);
  reader.readCharged(usage, error);
  reader.readSnapshot(snapshot, error);
}

TEST(HeapFaultReaders, ReadAgainAfterwards) {
  MemorySnapshot snapshot;
  std::string error;
  if (!openMemoryReader()->readSnapshot(snapshot, error)) GTEST_SKIP() << error;
  const size_t before = countOpenHandles();
  std::unique_ptr<MemoryReader> reader;
  const uint64_t faults = failEachOnce(
      [&] {
        reader.reset();
        reader = openMemoryReader();
        readAll(*reader);
      },
      [&] {
        if (reader == nullptr) return;
        EXPECT_TRUE(reader->readSnapshot(snapshot, error)) << error;
        reader.reset();
        EXPECT_EQ(countOpenHandles(), before);
      });
  EXPECT_GT(faults, 0U);
}

TEST(HeapFaultReaders, LeaveTheSamplerAbleToSample) {
  MemorySample sample;
  std::string error;
  if (!MemorySampler().sample(sample, error)) GTEST_SKIP() << error;
  failEachOnce(
      [&] {
        MemorySampler sampler;
        sampler.sample(sample, error);
        sampler.sample(sample, error);
      },
      [&] { EXPECT_TRUE(MemorySampler().sample(sample, error)) << error; });
}

TEST(HeapFaultReaders, AreKeptBySamplersThatGoOn) {
  MemorySample sample;
  std::string error;
  if (!MemorySampler().sample(sample, error)) GTEST_SKIP() << error;
  auto sampler = std::make_unique<MemorySampler>();
  failEachOnce([&] { sampler->sample(sample, error); },
               [&] {
                 EXPECT_TRUE(sampler->sample(sample, error)) << error;
                 sampler = std::make_unique<MemorySampler>();
               });
}

TEST(HeapFaultReaders, LeaveTheWatchAbleToWait) {
  const size_t before = countOpenHandles();
  std::unique_ptr<PressureWatch> watch;
  bool hasWaited = true;
  const uint64_t faults = failEachOnce(
      [&] {
        watch = openPressureWatch();
        // From here on nothing may throw: the governor's thread makes these calls.
        hasWaited = false;
        watch->listen();
        watch->wake();
        watch->wait(std::chrono::milliseconds(0));
        hasWaited = true;
      },
      [&] {
        EXPECT_TRUE(hasWaited);
        hasWaited = true;
        watch.reset();
        EXPECT_EQ(countOpenHandles(), before);
      });
  EXPECT_GT(faults, 0U);
}

}  // namespace
}  // namespace ebbcache::test

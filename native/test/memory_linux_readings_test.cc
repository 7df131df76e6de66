// These tests check the tables of readings, which are in memory_linux_readings_*_test.cc.
#include "memory_linux_reading.h"

namespace ebbcache::testing {
namespace {

void expectEqual(const MemoryBound& actual, const MemoryBound& expected) {
  EXPECT_EQ(actual.limit, expected.limit);
  EXPECT_EQ(actual.used, expected.used);
}

void expectReading(const MemoryUsage& usage, const Reading& expected) {
  expectEqual(usage.system, expected.system);
  ASSERT_EQ(usage.group.has_value(), expected.group.has_value());
  if (expected.group) expectEqual(usage.group.value_or(MemoryBound{}), *expected.group);
}

TEST_P(LinuxReading, HasTheBytesAndTheLevelOfTheTable) {
  const Reading& expected = GetParam();
  const auto machine = makeMachine(expected.recorded, expected.edit);
  const auto reader = openMemoryReader(machine->roots());
  MemoryUsage usage;
  std::string error;
  ASSERT_TRUE(reader->readUsage(usage, error)) << error;
  expectReading(usage, expected);
  const Assessment assessment = LevelTracker().assess(usage);
  EXPECT_EQ(assessment.boundBy, expected.boundBy);
  EXPECT_EQ(assessment.level, expected.level);
}

TEST_P(LinuxReading, IsTheSameInASnapshotAndAtASecondReading) {
  const Reading& expected = GetParam();
  const auto machine = makeMachine(expected.recorded, expected.edit);
  const auto reader = openMemoryReader(machine->roots());
  for (int i = 0; i < 2; ++i) {
    MemorySnapshot snapshot;
    std::string error;
    ASSERT_TRUE(reader->readSnapshot(snapshot, error)) << error;
    expectReading(snapshot.usage, expected);
  }
}

}  // namespace
}  // namespace ebbcache::testing

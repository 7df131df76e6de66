#include <gtest/gtest.h>

#include "pressure/memory_sampler.h"

namespace ebbcache {
namespace {

/// A machine of 1000 bytes whose usage the test sets.
struct SampledMachine {
  MemorySnapshot snapshot;
  bool failing = false;
};

class SampledReader final : public MemoryReader {
 public:
  explicit SampledReader(const SampledMachine& machine) : machine_(machine) {}
  bool readUsage(MemoryUsage& out, std::string& error) override {
    MemorySnapshot snapshot;
    if (!readSnapshot(snapshot, error)) return false;
    out = snapshot.usage;
    return true;
  }
  bool readSnapshot(MemorySnapshot& out, std::string& error) override {
    error = "The sampled machine cannot be read.";
    if (!machine_.failing) out = machine_.snapshot;
    return !machine_.failing;
  }

 private:
  const SampledMachine& machine_;
};

class SamplerTest : public ::testing::Test {
 public:
  PressureLevel levelAt(double percent, double systemStalls, double groupStalls = 0) {
    machine.snapshot.usage.system = {1000, static_cast<uint64_t>(percent * 10)};
    machine.snapshot.psi = PsiAverages{systemStalls, 0};
    machine.snapshot.groupPsi = PsiAverages{groupStalls, 0};
    MemorySample sample;
    std::string error;
    EXPECT_TRUE(sampler.sample(sample, error)) << error;
    return sample.assessment.level;
  }

  SampledMachine machine;
  MemorySampler sampler{Thresholds(), std::make_unique<SampledReader>(machine)};
};

TEST_F(SamplerTest, StallsRaiseTheLevelUntilTheyHalve) {
  EXPECT_EQ(levelAt(70, 4.9), PressureLevel::kNormal);
  EXPECT_EQ(levelAt(70, 5), PressureLevel::kElevated);
  EXPECT_EQ(levelAt(70, 2.5), PressureLevel::kElevated);
  EXPECT_EQ(levelAt(70, 2.4), PressureLevel::kNormal);
  EXPECT_EQ(levelAt(70, 4.9), PressureLevel::kNormal);
}

TEST_F(SamplerTest, StallsOfTheGroupCountForTheMachineWhereNoGroupLimits) {
  EXPECT_EQ(levelAt(70, 0, 20), PressureLevel::kElevated);
  machine.snapshot.usage.group = MemoryBound{500, 100};
  EXPECT_EQ(levelAt(70, 0, 20), PressureLevel::kNormal);
  machine.snapshot.usage.group = MemoryBound{500, 350};
  EXPECT_EQ(levelAt(10, 0, 20), PressureLevel::kElevated);
  EXPECT_EQ(levelAt(10, 20, 0), PressureLevel::kNormal);
}

TEST_F(SamplerTest, WithoutPsiUsageAloneDecides) {
  levelAt(70, 50);
  machine.snapshot.psi.reset();
  machine.snapshot.groupPsi.reset();
  MemorySample sample;
  std::string error;
  ASSERT_TRUE(sampler.sample(sample, error));
  EXPECT_EQ(sample.assessment.level, PressureLevel::kNormal);
}

TEST_F(SamplerTest, AMachineThatCannotBeReadHasNoLevel) {
  MemorySample sample;
  std::string error;
  machine.failing = true;
  EXPECT_FALSE(sampler.sample(sample, error));
  EXPECT_EQ(error, "The sampled machine cannot be read.");
  machine.failing = false;
  machine.snapshot.usage.system = {};
  EXPECT_FALSE(sampler.sample(sample, error));
  EXPECT_EQ(sample.assessment.level, PressureLevel::kUnknown);
  EXPECT_EQ(error, "The total memory of this machine was read as 0 bytes.");
}

}  // namespace
}  // namespace ebbcache

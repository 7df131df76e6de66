// The cost of the check before each slab: prints nanoseconds for each of many rounds, as JSON.
//   ebbcache_guard_cost ROUNDS     once far from the limit of its memory group, once near it
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "memory/snapshot.h"
#include "pressure/growth_guard.h"

namespace ebbcache {
namespace {

using Clock = GrowthGuard::Clock;

constexpr uint64_t kSlab = uint64_t{2} << 20;
constexpr double kCeiling = 85;
constexpr int kAsksARound = 200;

/// The median of a round.
double timeRound(GrowthGuard& guard) {
  std::vector<double> times;
  for (int i = 0; i < kAsksARound; ++i) {
    const auto from = Clock::now();
    guard.mayGrow(kSlab, from);
    times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - from).count());
  }
  std::nth_element(times.begin(), times.begin() + kAsksARound / 2, times.end());
  return times[kAsksARound / 2];
}

void printRounds(const char* name, int rounds, const char* end) {
  GrowthGuard guard(kCeiling, openMemoryReader());
  // The first check finds the groups, and is not measured.
  timeRound(guard);
  std::printf("\"%s\": [", name);
  for (int i = 0; i < rounds; ++i) std::printf("%s%.0f", i == 0 ? "" : ", ", timeRound(guard));
  std::printf("]%s", end);
}

/// Takes memory until the group, or the machine, is so full that no slab may be taken; at most 1
/// GiB, for a process that no group limits.
void fillToCeiling(std::vector<std::unique_ptr<char[]>>& kept) {
  constexpr size_t kMaxSlabs = 512;
  GrowthGuard guard(kCeiling, openMemoryReader());
  while (kept.size() < kMaxSlabs && guard.mayGrow(kSlab, Clock::now())) {
    kept.push_back(std::make_unique<char[]>(kSlab));
    std::memset(kept.back().get(), 1, kSlab);
  }
}

}  // namespace
}  // namespace ebbcache

int main(int count, char** arguments) {
  const auto rounds = static_cast<int>(count > 1 ? std::strtol(arguments[1], nullptr, 10) : 10);
  std::printf("{");
  ebbcache::printRounds("far", rounds, ", ");
  std::vector<std::unique_ptr<char[]>> kept;
  ebbcache::fillToCeiling(kept);
  ebbcache::printRounds("near", rounds, "}\n");
}

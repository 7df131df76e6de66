// Measures single puts in wall-clock time and in the time of the thread, which stands still while
// others run. A put that is long by both was a long put; one that is long only by the first shows a
// busy machine. The time in which the system supplied memory is part of both, and is also reported.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>

#include "bench/latency_histogram.h"
#include "bench/supplied_memory.h"

namespace ebbcache::bench {

class PutTimer {
 public:
  template <typename Put>
  void time(const SuppliedMemory& memory, const Put& put) {
    const uint64_t suppliedAt = memory.suppliedNs();
    const uint64_t ranAt = threadNs();
    const auto startedAt = Clock::now();
    put();
    const auto took =
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - startedAt);
    const uint64_t ran = threadNs() - ranAt;
    const uint64_t supply = memory.suppliedNs() - suppliedAt;
    longestSupplyNs_ = std::max(longestSupplyNs_, supply);
    const uint64_t own = ran - std::min(supply, ran);
    longestOwnNs_ = std::max(longestOwnNs_, own);
    if (own > kLongNs) ++longOwn_;
    wall_.record(static_cast<uint64_t>(took.count()));
    longestRunNs_ = std::max(longestRunNs_, ran);
    if (static_cast<uint64_t>(took.count()) > kLongNs) ++long_;
    if (ran > kLongNs) ++longRuns_;
  }

  void report(benchmark::State& state) const {
    state.counters["p50_us"] = static_cast<double>(wall_.quantile(0.5)) / 1e3;
    state.counters["p999_us"] = static_cast<double>(wall_.quantile(0.999)) / 1e3;
    state.counters["max_us"] = static_cast<double>(wall_.max()) / 1e3;
    state.counters["max_cpu_us"] = static_cast<double>(longestRunNs_) / 1e3;
    state.counters["max_supply_us"] = static_cast<double>(longestSupplyNs_) / 1e3;
    state.counters["max_own_us"] = static_cast<double>(longestOwnNs_) / 1e3;
    state.counters["own_over_2ms"] = static_cast<double>(longOwn_);
    state.counters["over_2ms"] = static_cast<double>(long_);
    state.counters["over_2ms_cpu"] = static_cast<double>(longRuns_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr uint64_t kLongNs = 2'000'000;

  static uint64_t threadNs() {
    std::timespec now{};
    (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }

  LatencyHistogram wall_;
  uint64_t longestRunNs_ = 0;
  uint64_t longestSupplyNs_ = 0;
  /// The longest time that the thread ran for a put, without the supply of memory.
  uint64_t longestOwnNs_ = 0;
  uint64_t longOwn_ = 0;
  uint64_t long_ = 0;
  uint64_t longRuns_ = 0;
};

}  // namespace ebbcache::bench

// How long the longest puts take while a full store is churned in ways that leave different holes,
// and how much of what it then holds is payload.
#include <benchmark/benchmark.h>

#include <chrono>
#include <ctime>
#include <numeric>
#include <string>
#include <vector>

#include "bench/churn.h"
#include "bench/latency_histogram.h"

namespace ebbcache::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Times each put by the clock on the wall and, where it took long, by that of the processor, which
/// stands still while other processes run.
class PutTimer {
 public:
  template <typename Put>
  void time(const Put& put) {
    const std::clock_t ranAt = std::clock();
    const auto startedAt = Clock::now();
    put();
    const auto took =
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - startedAt);
    wall_.record(static_cast<uint64_t>(took.count()));
    if (took < std::chrono::microseconds(20)) return;
    const double ran = 1e6 * static_cast<double>(std::clock() - ranAt) / CLOCKS_PER_SEC;
    if (ran > longestRunUs_) longestRunUs_ = ran;
  }

  void report(benchmark::State& state) const {
    state.counters["p50_us"] = static_cast<double>(wall_.quantile(0.5)) / 1e3;
    state.counters["p999_us"] = static_cast<double>(wall_.quantile(0.999)) / 1e3;
    state.counters["max_us"] = static_cast<double>(wall_.max()) / 1e3;
    state.counters["max_cpu_us"] = longestRunUs_;
  }

 private:
  LatencyHistogram wall_;
  double longestRunUs_ = 0;
};

class Churn {
 public:
  Churn(uint64_t budget, Policy policy)
      : store_(openStore(budget, policy)), fullAt_(budget / MixedValues::kMeanBytes) {}

  void fifoFill() {
    for (uint64_t i = 0; i < 2 * fullAt_; ++i) put(i);
  }

  void overwriteRandom() {
    fill();
    for (uint64_t i = 0; i < fullAt_; ++i) put(someKey());
  }

  /// As many entries all the time, each replaced by one of another key and size.
  void deleteRandomThenPut() {
    fill();
    std::vector<uint64_t> present(fullAt_);
    std::iota(present.begin(), present.end(), 0);
    for (uint64_t number = fullAt_; number < 2 * fullAt_; ++number) {
      uint64_t& replaced = present[someKey()];
      store_->remove(keyOf(replaced));
      replaced = number;
      put(number);
    }
  }

  /// One in four for ever, the others for a tenth, one or ten times as long as a fill takes; the
  /// store is looked after as often as the governor does.
  void ttlMix() {
    constexpr uint64_t kPutsPerMs = 10;
    constexpr uint64_t kMaintainEveryMs = 100;
    const uint64_t fillMs = fullAt_ / kPutsPerMs;
    const uint64_t ttls[] = {0, fillMs / 10, fillMs, 10 * fillMs};
    for (uint64_t i = 0; i < 2 * fullAt_; ++i) {
      put(i, ttls[random_() % 4]);
      if (i % kPutsPerMs != 0) continue;
      ++virtualNow();
      if (virtualNow() % kMaintainEveryMs == 0) store_->maintain();
    }
  }

  void report(benchmark::State& state) const {
    timer_.report(state);
    const StoreStats stats = store_->stats();
    state.counters["utilisation"] =
        static_cast<double>(stats.payloadBytes) / static_cast<double>(stats.heldBytes);
    state.counters["held_share"] =
        static_cast<double>(stats.heldBytes) / static_cast<double>(stats.maxBytes);
  }

 private:
  void fill() {
    for (uint64_t i = 0; i < fullAt_; ++i) put(i);
  }

  void put(uint64_t number, uint64_t ttlMs = 0) {
    const std::string key = keyOf(number);
    const std::string_view value = values_.next(random_);
    PutOptions options;
    options.ttlMs = ttlMs;
    timer_.time([&] { store_->put(key, value, options); });
  }

  uint64_t someKey() { return random_() % fullAt_; }

  std::unique_ptr<Store> store_;
  /// Entries of which payload alone would fill the budget: a little more than fit.
  const uint64_t fullAt_;
  MixedValues values_;
  std::mt19937_64 random_{7};
  PutTimer timer_;
};

void addPattern(const char* pattern, void (Churn::*run)(), Policy policy) {
  const auto measure = [run, policy](benchmark::State& state) {
    for (auto _ : state) {
      Churn churn(static_cast<uint64_t>(state.range(0)) * kMiB, policy);
      (churn.*run)();
      churn.report(state);
    }
  };
  const std::string name = std::string("put pauses, ") + pattern + "/" + nameOf(policy);
  benchmark::RegisterBenchmark(name.c_str(), measure)
      ->ArgName("budget_mib")
      ->Arg(16)
      ->Arg(1024)
      ->Iterations(1)
      ->Repetitions(1)
      ->Unit(benchmark::kMillisecond);
}

[[maybe_unused]] const bool registered = [] {
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    addPattern("fifo fill", &Churn::fifoFill, policy);
    addPattern("overwrite random", &Churn::overwriteRandom, policy);
    addPattern("delete and put random", &Churn::deleteRandomThenPut, policy);
    addPattern("ttl mix", &Churn::ttlMix, policy);
  }
  return true;
}();

}  // namespace
}  // namespace ebbcache::bench

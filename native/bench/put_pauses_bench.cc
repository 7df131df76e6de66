// The longest puts while a full store is churned in ways that leave different holes, and the share
// of payload in the memory that it then holds.
#include <benchmark/benchmark.h>

#include <numeric>
#include <string>
#include <vector>

#include "bench/churn.h"
#include "bench/put_timer.h"
#include "bench/supplied_memory.h"

namespace ebbcache::bench {
namespace {

class Churn {
 public:
  Churn(uint64_t budget, Policy policy)
      : store_(openStore(
            budget, policy, [this](uint64_t) { return mayGrow_; }, memory_)),
        budget_(budget),
        fullAt_(budget / MixedValues::kMeanBytes) {}

  void fifoFill() {
    for (uint64_t i = 0; i < 2 * fullAt_; ++i) put(i);
  }

  void overwriteRandom() {
    fill();
    for (uint64_t i = 0; i < fullAt_; ++i) put(someKey());
  }

  /// The number of entries stays the same; each is replaced by one of another key and size.
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

  /// One entry in four never expires, the others live a tenth of, one or ten times as long as a
  /// fill takes. The store is maintained as often as the governor does it.
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

  void valuesOf100() { putAlike(100, 2 * budget_); }
  void valuesOf600() { putAlike(600, 2 * budget_); }

  /// Puts values that are almost too large for a slab, and values that are, into a store of small
  /// ones.
  void valuesOf90kAmongSmall() {
    putAlike(600, budget_ + budget_ / 8);
    putAlike(90'000, budget_);
  }
  void valuesOf1mAmongSmall() {
    putAlike(600, budget_ + budget_ / 8);
    putAlike(1'000'000, budget_ / 2);
  }
  /// One entry in 300 is large, so that small ones come back in between.
  void fewOf1mAmongSmall() {
    putAlike(600, budget_ + budget_ / 8);
    for (uint64_t i = 0; i < 300; ++i) {
      putAlike(1'000'000, 1'000'000);
      putAlike(600, 300 * 600);
    }
  }

  /// The index grows while the budget is full.
  void smallAfterLarge() {
    putAlike(4000, budget_ + budget_ / 8);
    putAlike(40, budget_ / 4);
  }

  /// The machine denies all growth in the middle of a fill.
  void heldBack() {
    putAlike(100, budget_ / 4);
    mayGrow_ = false;
    putAlike(100, budget_ / 4);
    putAlike(1'000'000, budget_ / 8);
    mayGrow_ = true;
    putAlike(100, budget_ / 4);
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

  /// Puts new keys with values of one size, as many as make so many bytes.
  void putAlike(uint64_t valueBytes, uint64_t bytes) {
    const std::string value(valueBytes, 'v');
    for (const uint64_t end = nextKey_ + bytes / valueBytes; nextKey_ < end; ++nextKey_) {
      put(nextKey_, value);
    }
  }

  void put(uint64_t number, uint64_t ttlMs = 0) { put(number, values_.next(random_), ttlMs); }

  void put(uint64_t number, std::string_view value, uint64_t ttlMs = 0) {
    const std::string key = keyOf(number);
    PutOptions options;
    options.ttlMs = ttlMs;
    timer_.time(memory_, [&] { store_->put(key, value, options); });
  }

  uint64_t someKey() { return random_() % fullAt_; }

  bool mayGrow_ = true;
  SuppliedMemory memory_;
  std::unique_ptr<Store> store_;
  const uint64_t budget_;
  /// The payload of so many entries alone would fill the budget: a little more than fit.
  const uint64_t fullAt_;
  /// The next key that putAlike() puts.
  uint64_t nextKey_ = 0;
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
    addPattern("100 B", &Churn::valuesOf100, policy);
    addPattern("600 B", &Churn::valuesOf600, policy);
    addPattern("90 kB among small", &Churn::valuesOf90kAmongSmall, policy);
    addPattern("1 MB among small", &Churn::valuesOf1mAmongSmall, policy);
    addPattern("few of 1 MB among small", &Churn::fewOf1mAmongSmall, policy);
    addPattern("small after large", &Churn::smallAfterLarge, policy);
    addPattern("held back", &Churn::heldBack, policy);
  }
  return true;
}();

}  // namespace
}  // namespace ebbcache::bench

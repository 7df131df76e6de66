// The store's overhead beyond its payload, the speed at which it releases memory, the cost of
// upkeep of entries that expire, and of a sample of the machine.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include "bench/churn.h"
#include "memory/snapshot.h"

namespace ebbcache::bench {
namespace {

using benchmark::State;
using Seconds = std::chrono::duration<double>;

double secondsOf(const std::function<void()>& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return Seconds(std::chrono::steady_clock::now() - started).count();
}

double residentBytes() {
  MemorySnapshot snapshot;
  std::string error;
  openMemoryReader()->readSnapshot(snapshot, error);
  return static_cast<double>(snapshot.processRss);
}

/// The bytes of an entry beyond its key and value, in a store with room for all.
void overhead(State& state, Policy policy) {
  const auto entries = static_cast<uint64_t>(state.range(0));
  const std::string value(600, 'v');
  for (auto _ : state) {
    const auto store = openStore(entries * 1024, policy);
    for (uint64_t i = 0; i < entries; ++i) store->put(keyOf(i), value);
    const StoreStats stats = store->stats();
    state.counters["overhead_bytes"] = static_cast<double>(stats.heldBytes - stats.payloadBytes) /
                                       static_cast<double>(stats.entries);
  }
}

/// Shrinks a full store to an eighth.
void shrink(State& state, Policy policy) {
  const uint64_t budget = static_cast<uint64_t>(state.range(0)) * kMiB;
  MixedValues values;
  std::mt19937_64 random(7);
  for (auto _ : state) {
    const auto store = openStore(budget, policy);
    for (uint64_t i = 0; store->stats().evictions == 0; ++i) {
      store->put(keyOf(i), values.next(random));
    }
    const double residentBefore = residentBytes();
    double released = 0;
    const double seconds = secondsOf(
        [&] { released = static_cast<double>(store->shrink(store->heldBytes() - budget / 8)); });
    state.SetIterationTime(seconds);
    state.counters["gib_per_s"] = released / (1024.0 * kMiB) / seconds;
    state.counters["rss_fall_share"] = (residentBefore - residentBytes()) / released;
  }
}

/// One in 600 entries expires each second; the store is maintained each second.
void maintain(State& state, Policy policy) {
  const uint64_t budget = static_cast<uint64_t>(state.range(0)) * kMiB;
  constexpr int kCalls = 20;
  MixedValues values;
  std::mt19937_64 random(7);
  for (auto _ : state) {
    const auto store = openStore(budget, policy);
    PutOptions options;
    for (uint64_t i = 0; store->stats().evictions == 0; ++i) {
      options.ttlMs = 1000 + random() % 600'000;
      store->put(keyOf(i), values.next(random), options);
    }
    double longest = 0;
    double sum = 0;
    for (int call = 0; call < kCalls; ++call) {
      virtualNow() += 1000;
      const double seconds = secondsOf([&] { store->maintain(); });
      longest = std::max(longest, seconds);
      sum += seconds;
    }
    state.SetIterationTime(sum);
    state.counters["mean_ms"] = 1e3 * sum / kCalls;
    state.counters["max_ms"] = 1e3 * longest;
  }
}

/// The readings before a slab is taken and every 100 ms.
void readUsage(State& state) {
  const auto reader = openMemoryReader();
  MemoryUsage usage;
  std::string error;
  for (auto _ : state) {
    if (!reader->readUsage(usage, error)) state.SkipWithError(error.c_str());
  }
}

void readSnapshot(State& state) {
  const auto reader = openMemoryReader();
  MemorySnapshot snapshot;
  std::string error;
  for (auto _ : state) {
    if (!reader->readSnapshot(snapshot, error)) state.SkipWithError(error.c_str());
  }
}

benchmark::internal::Benchmark* add(const char* what, void (*run)(State&, Policy), Policy policy) {
  const std::string name = std::string(what) + "/" + nameOf(policy);
  return benchmark::RegisterBenchmark(name.c_str(), run, policy)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

[[maybe_unused]] const bool registered = [] {
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    add("overhead", overhead, policy)
        ->ArgName("entries")
        ->Arg(10'000)
        ->Arg(1'000'000)
        ->Repetitions(1);
    add("shrink", shrink, policy)->ArgName("budget_mib")->Arg(16)->Arg(512)->UseManualTime();
    add("maintain", maintain, policy)
        ->ArgName("budget_mib")
        ->Arg(16)
        ->Arg(1024)
        ->UseManualTime()
        ->Repetitions(1);
  }
  benchmark::RegisterBenchmark("read_usage", readUsage);
  benchmark::RegisterBenchmark("read_snapshot", readSnapshot);
  return true;
}();

}  // namespace
}  // namespace ebbcache::bench

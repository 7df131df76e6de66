// Stores of the largest sizes: more entries than 24 bits count, and the largest budget. Every value
// contains its key, and a sample of the entries that must be there is read back.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "bench/churn.h"
#include "memory/snapshot.h"

namespace ebbcache::bench {
namespace {

using benchmark::State;

constexpr uint64_t kSampled = 1'000'000;

/// Spreads the bits of x over all 64 (splitmix64).
uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  return x ^ x >> 31;
}

bool isHeld(Store& store, uint64_t number, std::string& value) {
  uint64_t bytes = 0;
  const std::string key = keyOf(number);
  if (store.get(key, value.data(), value.size(), bytes) != ReadResult::kHit) return false;
  return bytes == value.size() && std::memcmp(value.data(), &number, sizeof number) == 0;
}

bool hasMemoryFor(uint64_t bytes) {
  MemorySnapshot snapshot;
  std::string error;
  return openMemoryReader()->readSnapshot(snapshot, error) &&
         snapshot.usage.system.available() > bytes + bytes / 8;
}

void fill(State& state, Policy policy, uint64_t budget, uint64_t entries, uint64_t valueBytes) {
  std::string value(valueBytes, 'v');
  for (auto _ : state) {
    const auto store = openStore(budget, policy);
    for (uint64_t number = 0; number < entries; ++number) {
      std::memcpy(value.data(), &number, sizeof number);
      if (store->put(keyOf(number), value) != PutResult::kStored) {
        state.SkipWithError("A put was refused.");
        return;
      }
    }
    const StoreStats stats = store->stats();
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < kSampled; ++i) {
      // With lru the newest entries are there, as many as there are entries.
      const uint64_t number = entries - 1 - mixed(i) % stats.entries;
      if (!isHeld(*store, number, value)) ++wrong;
    }
    state.counters["entries_m"] = static_cast<double>(stats.entries) / 1e6;
    state.counters["held_share"] =
        static_cast<double>(stats.heldBytes) / static_cast<double>(stats.maxBytes);
    state.counters["overhead_bytes"] = static_cast<double>(stats.heldBytes - stats.payloadBytes) /
                                       static_cast<double>(stats.entries);
    state.counters["wrong"] = static_cast<double>(wrong);
  }
}

void add(const char* name, uint64_t budget, uint64_t entries, uint64_t valueBytes) {
  if (!hasMemoryFor(budget)) {
    std::fprintf(stderr, "%s is not measured: the machine has not the memory for it.\n", name);
    return;
  }
  const auto run = [=](State& state) { fill(state, Policy::kLru, budget, entries, valueBytes); };
  benchmark::RegisterBenchmark(name, run)->Iterations(1)->Repetitions(1)->Unit(benchmark::kSecond);
}

[[maybe_unused]] const bool registered = [] {
  add("large store/lru/40 million values of 16 B in 2.5 GiB", 2560 * kMiB, 40'000'000, 16);
  add("large store/lru/28 million values of 600 B in 16 GiB", 16384 * kMiB, 28'000'000, 600);
  return true;
}();

}  // namespace
}  // namespace ebbcache::bench

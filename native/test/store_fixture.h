// The helpers that the store's tests share: a clock that stands still, memory that can refuse, and
// a reader.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "slab/memory_source.h"
#include "store/store.h"

namespace ebbcache::test {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;

inline std::atomic<uint64_t>& fakeNow() {
  static std::atomic<uint64_t> now{1000};
  return now;
}

/// Counts mapped bytes, and refuses on demand. It reports all its pages as huge ones, so that a
/// supply makes slabs of any size ahead. Thread-safe, except for the settings of refusals.
class TestMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    const uint64_t request = ++requests;
    if (refuseAll || (request >= refuseFrom && request < refuseUntil)) {
      ++refused;
      return nullptr;
    }
    mapped += bytes;
    return osMemory().map(bytes);
  }
  void unmap(void* memory, size_t bytes) override {
    mapped -= bytes;
    osMemory().unmap(memory, bytes);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }
  size_t hugePageBytes() const override { return pageBytes(); }

  std::atomic<uint64_t> mapped{0};
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> refused{0};
  /// The numbers of the first request that is refused, counted from 1, and of the first one after
  /// it that is granted.
  uint64_t refuseFrom = UINT64_MAX;
  uint64_t refuseUntil = UINT64_MAX;
  bool refuseAll = false;
};

inline StoreEnvironment testEnvironment(TestMemory& memory) {
  StoreEnvironment environment;
  environment.memory = &memory;
  environment.steadyMs = [] { return fakeNow().load(); };
  return environment;
}

inline std::unique_ptr<Store> openStore(uint64_t maxBytes, Policy policy = Policy::kLru,
                                        uint64_t maxEntries = 0) {
  StoreOptions options;
  options.maxBytes = maxBytes;
  options.policy = policy;
  options.maxEntries = maxEntries;
  return Store::open(options);
}

/// Calls maintain() until nothing is left to do, as one call works for a limited time.
inline void maintainToTheEnd(Store& store) {
  // A round that an earlier call began may have passed entries that have expired since: a whole
  // round follows.
  for (int rounds = 0; rounds < 2;) {
    if (store.maintain() != MaintainResult::kMore) ++rounds;
  }
}

/// Sets the budget, whatever it is.
inline uint64_t setPressureBudget(Store& store, uint64_t bytes) {
  return store.setBudget(store.budgetBytes(), bytes).releasedBytes;
}

/// Reads from a store in memory, or from one with a disk tier.
template <typename AnyStore>
std::optional<std::string> getString(AnyStore& store, std::string_view key) {
  uint64_t bytes = 0;
  std::string out(64, '\0');
  ReadResult result = store.get(key, out.data(), out.size(), bytes);
  if (result == ReadResult::kBufferTooSmall) {
    out.resize(bytes);
    result = store.get(key, out.data(), out.size(), bytes);
  }
  if (result != ReadResult::kHit) return std::nullopt;
  out.resize(bytes);
  return out;
}

inline std::string keyOf(uint64_t i) {
  return "key-" + std::to_string(i);
}

}  // namespace ebbcache::test

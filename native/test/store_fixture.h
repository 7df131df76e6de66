// What the store's tests share: a clock that stands still, memory that can refuse, and a reader.
#pragma once

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

inline uint64_t& fakeNow() {
  static uint64_t now = 1000;
  return now;
}

/// Counts what is out, and refuses on demand.
class TestMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    ++requests;
    if (refuseAll || requests == refuseRequest) return nullptr;
    mapped += bytes;
    return osMemory().map(bytes);
  }
  void unmap(void* memory, size_t bytes) override {
    mapped -= bytes;
    osMemory().unmap(memory, bytes);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }

  uint64_t mapped = 0;
  uint64_t requests = 0;
  uint64_t refuseRequest = 0;
  bool refuseAll = false;
};

inline StoreEnvironment testEnvironment(TestMemory& memory) {
  StoreEnvironment environment;
  environment.memory = &memory;
  environment.nowMs = [] { return fakeNow(); };
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

inline std::optional<std::string> getString(Store& store, std::string_view key) {
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

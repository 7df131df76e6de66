// Helpers of the disk tier's tests: tiers and rings on files in memory, under a clock that stands
// still.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "disk/disk_tier.h"
#include "disk/ring_header.h"
#include "disk/ring_integrity.h"
#include "disk/ring_view.h"
#include "disk/ring_writer.h"
#include "disk_memory_folder.h"
#include "store_fixture.h"

namespace ebbcache::test {

/// A hang guard: far longer than any wait.
constexpr uint64_t kLongMs = 60'000;

inline DiskTierEnvironment environmentOf(MemoryDisk& disk, uint64_t checkMs = 5) {
  DiskTierEnvironment environment;
  environment.openFolder = [&disk](const std::string&) { return disk.openFolder(); };
  environment.nowMs = [] { return fakeNow().load(); };
  environment.checkMs = checkMs;
  return environment;
}

inline std::shared_ptr<DiskTier> openTier(MemoryDisk& disk, uint64_t maxBytes = kMinRingBytes,
                                          RingKind kind = RingKind::kValues) {
  DiskTierOptions options;
  options.dir = "memory";
  options.maxBytes = maxBytes;
  options.kind = kind;
  return DiskTier::open(options, environmentOf(disk));
}

inline std::optional<std::string> readString(DiskTier& tier, std::string_view key) {
  char buffer[256];
  DiskFound found;
  found.out = buffer;
  found.capacity = sizeof buffer;
  if (tier.read(key, found) != DiskResult::kHit) return std::nullopt;
  return std::string(found.value());
}

inline uint64_t putString(DiskTier& tier, std::string_view key, std::string_view value,
                          uint64_t ttlMs = 0) {
  DiskPutOptions options;
  options.ttlMs = ttlMs;
  return tier.put(key, value, options).version;
}

inline uint64_t stepsFrom(const char* variable, uint64_t otherwise) {
  const char* const given = std::getenv(variable);
  return given != nullptr ? std::strtoull(given, nullptr, 0) : otherwise;
}

/// A ring without a tier.
struct TestRing {
  explicit TestRing(uint64_t maxBytes = kMinRingBytes, RingKind kind = RingKind::kValues) {
    FolderTrouble trouble;
    file = disk.openFolder()->openRing(RingFolder::Open::kCreate, trouble);
    EXPECT_EQ(makeRing(*file, kind, maxBytes, nullptr, header), IoError::kNone);
    used = std::make_shared<UsedSlots>(header.buckets);
  }

  struct Put {
    std::string key;
    std::string value;
    uint64_t ttlMs = 0;
  };
  /// Writes the puts as one batch, with the versions that follow the last one.
  IoError write(const std::vector<Put>& puts) {
    std::vector<RingChange> changes;
    for (const Put& put : puts) {
      changes.push_back({RingChange::Kind::kPut, put.key, ++lastVersion, put.value,
                         fakeNow().load(), put.ttlMs, 0});
    }
    return apply(changes);
  }
  IoError put(const std::string& key, const std::string& value, uint64_t ttlMs = 0) {
    return write({{key, value, ttlMs}});
  }
  IoError apply(std::vector<RingChange>& changes) {
    const IoError error = RingWriter(*file, header, *used, fakeNow()).apply(changes);
    outcomes.clear();
    for (const RingChange& change : changes) outcomes.push_back(change.outcome);
    return error;
  }
  IoError remove(const std::string& key) {
    std::vector<RingChange> changes(1);
    changes[0].key = key;
    return apply(changes);
  }

  std::string checkIntegrity(const RingTolerance& tolerance = {}) const {
    return checkRing(*file, tolerance);
  }

  RingView view() const { return {file, header, used}; }
  RingRead read(std::string_view key, std::string& value) const {
    DiskFound found;
    char buffer[64];
    found.out = buffer;
    found.capacity = sizeof buffer;
    const RingRead result = view().read(key, fakeNow(), found);
    if (result == RingRead::kHit) value = found.value();
    return result;
  }
  std::optional<std::string> get(std::string_view key) const {
    std::string value;
    return read(key, value) == RingRead::kHit ? std::optional(value) : std::nullopt;
  }

  MemoryDisk disk;
  std::shared_ptr<RingFile> file;
  RingHeader header{};
  std::shared_ptr<UsedSlots> used;
  uint64_t lastVersion = 0;
  std::vector<RingChange::Outcome> outcomes;
};

}  // namespace ebbcache::test

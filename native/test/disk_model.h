// The answers that a disk tier may give: a plain record of all changes of each key, by any tier.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "disk/ring_entry.h"
#include "disk_tier_fixture.h"
#include "seeded_random.h"
#include "versioned_value.h"

namespace ebbcache::test {

/// Versions are numbers of steps, so that a later version has a larger number.
class DiskModel {
 public:
  struct Key {
    std::string name;
    /// The step of the last put, removal or clear of the key.
    uint64_t changed = 0;
    /// The last change that was settled.
    uint64_t settled = 0;
    /// The step of the last put, and whether the key should have its value.
    uint64_t put = 0;
    bool isThere = false;
    bool isTaken = false;
    uint64_t ttlMs = 0;
    uint64_t putMs = 0;
    /// The tier's versions of the last two puts.
    uint64_t token = 0;
    uint64_t tokenBefore = 0;
    /// The bytes that all puts had written by then.
    uint64_t writtenBytes = 0;
  };

  explicit DiskModel(uint64_t keys) : keys_(keys) {
    for (uint64_t id = 0; id < keys; ++id) keys_[id].name = keyOf(id);
  }

  uint64_t size() const { return keys_.size(); }
  const Key& key(uint64_t id) const { return keys_[id]; }
  std::optional<uint64_t> idOf(std::string_view name) const {
    if (name.substr(0, 4) != "key-") return std::nullopt;
    const uint64_t id = std::stoull(std::string(name.substr(4)));
    return id < size() ? std::optional(id) : std::nullopt;
  }

  static uint64_t bytesOf(uint64_t id, uint64_t version) {
    const uint64_t random = mix(mix(id) ^ version);
    if (random % 2000 == 0) return kMaxRingPayloadBytes - 20;
    if (random % 50 == 0) return 8 + (random >> 20U) % 20'000;
    return 8 + (random >> 20U) % 600;
  }
  /// Begins the next step and returns its number.
  uint64_t step() { return ++step_; }
  uint64_t now() const { return step_; }

  void put(uint64_t id, const DiskPut& put, uint64_t ttlMs) {
    Key& key = keys_[id];
    const uint64_t bytes = ringEntryBytes(key.name.size(), bytesOf(id, step_));
    // The end of a chunk may be left empty: up to as many bytes again.
    writtenBytes_ += 2 * bytes;
    key.changed = key.put = step_;
    key.isThere = true;
    key.isTaken = put.isTaken;
    key.ttlMs = ttlMs;
    key.putMs = fakeNow();
    key.tokenBefore = key.token;
    key.token = put.version;
    key.writtenBytes = writtenBytes_;
  }
  void remove(uint64_t id) {
    keys_[id].changed = step_;
    keys_[id].isThere = false;
  }
  void clear() {
    for (uint64_t id = 0; id < size(); ++id) remove(id);
  }
  /// Notes that all changes are in the file.
  void settle() {
    for (Key& key : keys_) key.settled = key.changed;
  }
  /// Notes that all entries may be lost.
  void lose() { lostUntil_ = step_; }

  /// Says why the tier must not have read this value; empty where it may. `isLast` is for the tier
  /// that made the changes; others need only know the settled ones.
  std::string whyWrong(uint64_t id, const std::optional<std::string>& found, bool isLast) const {
    const Key& key = keys_[id];
    if (!found) return {};
    if (found->size() < 8) return "The value is too short.";
    const uint64_t version = VersionedValue::versionIn(*found);
    if (version > step_ || !VersionedValue(id, version).matches(*found) ||
        found->size() != bytesOf(id, version)) {
      return "This was never put.";
    }
    const uint64_t oldest = isLast ? key.changed : key.settled;
    if (version < oldest) {
      return "The value of step " + std::to_string(version) + " is older than step " +
             std::to_string(oldest) + ".";
    }
    const bool isExpired = version == key.put && key.ttlMs != 0 &&
                           (fakeNow() < key.putMs || fakeNow() - key.putMs >= key.ttlMs);
    return isExpired ? "The value has expired." : "";
  }
  /// Whether the key must be there, in a ring of so many bytes.
  bool isSafe(uint64_t id, uint64_t ringBytes) const {
    const Key& key = keys_[id];
    // Entries that are written again take at most half of the ring.
    const uint64_t room = (ringBytes - std::min(ringBytes, 3 * kChunkBytes)) / 2;
    return key.isThere && key.isTaken && key.ttlMs == 0 && key.put > lostUntil_ &&
           writtenBytes_ - key.writtenBytes < room;
  }

 private:
  std::vector<Key> keys_;
  uint64_t step_ = 0;
  uint64_t writtenBytes_ = 0;
  uint64_t lostUntil_ = 0;
};

}  // namespace ebbcache::test

// The known versions of each key of a store under stress, so that a wrong, torn, stale or
// resurrected value is detected. Only one thread puts a given key; all threads read, evict and move
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "seeded_random.h"
#include "store/entry.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::test {

/// The first failure of all threads; they stop when there is one.
class StressVerdict {
 public:
  bool ok() const { return ok_; }
  void fail(const std::string& what) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ok_.exchange(false)) what_ = what;
  }
  std::string what() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return what_;
  }

 private:
  std::atomic<bool> ok_{true};
  mutable std::mutex mutex_;
  std::string what_;
};

class StressModel {
 public:
  StressModel(std::string name, uint64_t keys, StressVerdict& verdict)
      : name_(std::move(name)), verdict_(verdict), states_(keys), last_(keys) {
    for (uint64_t id = 0; id < keys; ++id) keys_.push_back(keyOfAnyLength(id));
  }

  uint64_t size() const { return keys_.size(); }
  const std::string& key(uint64_t id) const { return keys_[id]; }

  /// Returns a size of at least 8 bytes, so that a value always contains its version.
  static uint64_t bytesOf(uint64_t id, uint64_t version) {
    const uint64_t random = mix(id + (version << 32));
    const uint64_t kind = random >> 32;
    uint64_t maxBytes = 1200;
    if (kind % 8 == 0) maxBytes = 20'000;
    if (kind % 40 == 0) maxBytes = 200'000;
    if (kind % 400 == 0) maxBytes = 3'000'000;
    return 8 + random % maxBytes;
  }

  // ---------------------------------------------------------------- by a key's only writer

  /// Notes that a put begins, and returns its version.
  uint64_t nextVersion(uint64_t id) { return ++states_[id].newest; }
  /// Notes that a put has ended: all earlier versions are gone.
  void stored(uint64_t id, uint64_t version, uint64_t expiresBy) {
    last_[id] = {version, expiresBy};
    states_[id].completed = version;
    raise(states_[id].oldest, version);
  }
  /// Notes that the key was removed.
  void removed(uint64_t id) {
    last_[id] = {};
    raise(states_[id].oldest, states_[id].newest + 1);
  }
  /// Returns the version that was stored last; 0 where there is none.
  uint64_t lastStored(uint64_t id) const { return last_[id].version; }

  /// Checks a read by the key's only writer, or by any thread while no thread writes. `oldest` and
  /// `now` MUST have been taken before the read.
  void checkExactly(uint64_t id, uint64_t oldest, uint64_t now, std::string_view value) {
    const Last last = last_[id];
    const uint64_t version = check(id, oldest, value);
    if (!verdict_.ok()) return;
    if (version != last.version) fail(id, version, "is not the last one that was stored");
    if (last.expiresBy <= now) fail(id, version, "has expired");
  }

  // ---------------------------------------------------------------- by any thread

  /// The caller of a read MUST take this before the read.
  uint64_t oldest(uint64_t id) const { return states_[id].oldest; }
  uint64_t newest(uint64_t id) const { return states_[id].newest; }
  /// Checks a value after the read; returns its version.
  uint64_t check(uint64_t id, uint64_t oldest, std::string_view value) {
    const uint64_t newest = states_[id].newest;
    const uint64_t version = value.size() < 8 ? 0 : VersionedValue::versionIn(value);
    if (!VersionedValue(id, version).matches(value)) {
      fail(id, version, "is torn, or another key's");
    } else if (value.size() != bytesOf(id, version)) {
      fail(id, version, "has another length");
    } else if (version < oldest) {
      fail(id, version, "was overwritten or removed");
    } else if (version > newest) {
      fail(id, version, "was never put");
    }
    return version;
  }

  /// Returns the versions that must be gone at the end of a clear that begins now.
  std::vector<uint64_t> beforeClear() const {
    std::vector<uint64_t> completed;
    for (const State& state : states_) completed.push_back(state.completed);
    return completed;
  }
  void cleared(const std::vector<uint64_t>& completed) {
    for (size_t id = 0; id < states_.size(); ++id) raise(states_[id].oldest, completed[id] + 1);
  }

  void fail(const std::string& what) { verdict_.fail(name_ + ": " + what); }

 private:
  struct State {
    /// The version of the last put that began.
    std::atomic<uint64_t> newest{0};
    /// The version that was stored last.
    std::atomic<uint64_t> completed{0};
    /// All versions before this one are overwritten or removed: no later read may see them.
    std::atomic<uint64_t> oldest{1};
  };
  struct Last {
    uint64_t version = 0;
    uint64_t expiresBy = kNeverExpires;
  };

  static void raise(std::atomic<uint64_t>& at, uint64_t to) {
    for (uint64_t is = at; is < to && !at.compare_exchange_weak(is, to);) {
    }
  }

  static std::string keyOfAnyLength(uint64_t id) {
    std::string key = keyOf(id);
    if (id % 64 == 1) key.resize(key.size() + mix(id) % 500, 'k');
    if (id % 512 == 2) key.resize(key.size() + mix(id) % 20'000, 'k');
    return key;
  }

  void fail(uint64_t id, uint64_t version, const char* what) {
    const State& state = states_[id];
    fail("version " + std::to_string(version) + " of the key " + std::to_string(id) + " " + what +
         " (last stored " + std::to_string(last_[id].version) + ", oldest " +
         std::to_string(state.oldest) + ", newest " + std::to_string(state.newest) + ").");
  }

  const std::string name_;
  StressVerdict& verdict_;
  std::vector<std::string> keys_;
  std::vector<State> states_;
  /// Only a key's writer reads and changes its element.
  std::vector<Last> last_;
};

}  // namespace ebbcache::test

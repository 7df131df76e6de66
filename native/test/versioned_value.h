// Values that identify themselves: every word follows from the key's number, the version and its
// position, so that a torn, stale or foreign value is detected.
//
//   +---------+---------+---------+-----+
//   | version | word 1  | word 2  | ... |  u64 each, the last cut where the size is no multiple of
//   8
//   +---------+---------+---------+-----+
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "mix.h"
#include "store/store.h"

namespace ebbcache::test {

class VersionedValue {
 public:
  VersionedValue(uint64_t key, uint64_t version)
      : version_(version), base_(mix(mix(key) + version)) {}

  void write(std::string& out, uint64_t bytes) const {
    out.resize(bytes);
    for (uint64_t at = 0; at < bytes; at += 8) {
      const uint64_t word = wordAt(at);
      std::memcpy(out.data() + at, &word, std::min<uint64_t>(8, bytes - at));
    }
  }

  bool matches(std::string_view value) const {
    for (uint64_t at = 0; at < value.size(); at += 8) {
      const uint64_t word = wordAt(at);
      const uint64_t bytes = std::min<uint64_t>(8, value.size() - at);
      if (std::memcmp(value.data() + at, &word, bytes) != 0) return false;
    }
    return true;
  }

  /// The version in a value of 8 bytes or more.
  static uint64_t versionIn(std::string_view value) {
    uint64_t version = 0;
    std::memcpy(&version, value.data(), sizeof version);
    return version;
  }

 private:
  uint64_t wordAt(uint64_t at) const {
    return at == 0 ? version_ : base_ + at * 0x9e3779b97f4a7c15U;
  }

  uint64_t version_;
  uint64_t base_;
};

/// Reads into its own buffer, which grows as needed. The result is valid until the next read.
class ValueReader {
 public:
  /// Returns false for a miss.
  bool get(Store& store, std::string_view key) { return read(store, &Store::get, key); }
  bool peek(Store& store, std::string_view key) { return read(store, &Store::peek, key); }
  /// The value that was read last.
  std::string_view value() const { return {buffer_.data(), bytes_}; }

 private:
  using Read = ReadResult (Store::*)(std::string_view, char*, uint64_t, uint64_t&, uint64_t*);

  bool read(Store& store, Read reader, std::string_view key) {
    for (;;) {
      const ReadResult result =
          (store.*reader)(key, buffer_.data(), buffer_.size(), bytes_, nullptr);
      if (result != ReadResult::kBufferTooSmall) return result == ReadResult::kHit;
      buffer_.resize(bytes_);
    }
  }

  std::vector<char> buffer_ = std::vector<char>(4096);
  uint64_t bytes_ = 0;
};

}  // namespace ebbcache::test

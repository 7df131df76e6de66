// What is to become of one key of a ring.
#pragma once

#include <cstdint>
#include <string_view>

#include "disk/ring_layout.h"

namespace ebbcache {

struct RingChange {
  enum class Kind : uint8_t {
    kPut,
    /// A put whose value the file does not take: the slot names it all the same, so that whoever
    /// has the value in memory knows that it is current, and others that theirs is not.
    kPutAlone,
    kRemove,
    /// Where the slot names this version.
    kRemoveVersion,
  };
  enum class Outcome : uint8_t {
    kWaiting,
    kDone,
    /// A put that the disk did not take: as kPutAlone now.
    kDropped,
    /// The index could not be changed: what the key had may still be there.
    kFailed,
  };

  Kind kind = Kind::kRemove;
  std::string_view key;
  uint64_t version = 0;
  // What follows is set for a put.
  std::string_view value;
  uint64_t writtenMs = 0;
  /// 0 for one that does not expire.
  uint64_t ttlMs = 0;
  float cost = 0;

  Outcome outcome = Outcome::kWaiting;
};

}  // namespace ebbcache

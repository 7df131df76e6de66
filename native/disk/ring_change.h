// A change of one key of a ring.
#pragma once

#include <cstdint>
#include <string_view>

#include "disk/ring_layout.h"

namespace ebbcache {

struct RingChange {
  enum class Kind : uint8_t {
    kPut,
    /// A put whose value the file does not take. The slot names it all the same, so that a process
    /// that has the value in memory knows that it is current, and others know that theirs is not.
    kPutAlone,
    kRemove,
    /// A removal that applies only where the slot names this version.
    kRemoveVersion,
  };
  enum class Outcome : uint8_t {
    kWaiting,
    kDone,
    /// The disk refused the value: the put is as kPutAlone now.
    kDropped,
    /// The index could not be changed: the former value may still be there.
    kFailed,
  };

  Kind kind = Kind::kRemove;
  std::string_view key;
  uint64_t version = 0;
  // The members below are set for a put.
  std::string_view value;
  uint64_t writtenMs = 0;
  /// 0 for an entry that does not expire.
  uint64_t ttlMs = 0;
  float cost = 0;

  Outcome outcome = Outcome::kWaiting;
};

}  // namespace ebbcache

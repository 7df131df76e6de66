// Telling a part of a group's memory from a number that only the machine has.
#pragma once

#include <cstdint>
#include <optional>

namespace ebbcache {

/// A group's memory is known in one number, and of one kind of it the machine's sum is known. What
/// the group gains or loses is of that kind as far as the machine's sum changes in the same
/// direction meanwhile. That is exact while the rest of the machine is quiet; where others allocate
/// at the same time it is a guess, but never above what the group or the machine has. Not
/// thread-safe.
class AttributedPart {
 public:
  /// A change of less than this many bytes is counted from the same point as the next, so that
  /// what comes and goes all the time adds up to nothing.
  static constexpr uint64_t kStep = uint64_t{4} << 20;

  /// The bytes of `group` that are of the kind of which the machine has `machine` bytes. Of the
  /// first call they are `first`, at most.
  uint64_t update(uint64_t group, uint64_t machine, uint64_t first);

 private:
  struct Point {
    uint64_t group;
    uint64_t machine;
    uint64_t part;
  };

  std::optional<Point> since_;
};

}  // namespace ebbcache

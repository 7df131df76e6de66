// An estimate of a group's part of a number that only the machine reports.
#pragma once

#include <cstdint>
#include <optional>

namespace ebbcache {

/// Estimates how much of a group's memory is of one kind, where the group reports only the sum of
/// all kinds and the machine reports the kind. A change of the group's sum counts as of that kind
/// as far as the machine's number changes in the same direction meanwhile.
///
/// The estimate is exact while the rest of the machine is quiet. Where others allocate at the same
/// time it is a guess, but never above what the group or the machine has. Not thread-safe.
class AttributedPart {
 public:
  /// A change of fewer bytes than this is measured from the same point as the next one, so that
  /// what comes and goes all the time adds up to nothing.
  static constexpr uint64_t kStep = uint64_t{4} << 20;

  /// Returns the bytes of `group` that are of the kind of which the machine has `machine` bytes.
  /// The first call returns at most `first`.
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

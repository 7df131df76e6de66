// A clock of milliseconds that shows its own time, or one that it was given, so that tests need not
// wait. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace ebbcache {

class SettableClock {
 public:
  using Source = uint64_t (*)();

  /// Its own time is that of `source` plus `offset`.
  explicit SettableClock(Source source, uint64_t offset = 0) : source_(source), offset_(offset) {}
  SettableClock(const SettableClock&) = delete;
  SettableClock& operator=(const SettableClock&) = delete;

  uint64_t now() const {
    const uint64_t given = given_.load(std::memory_order_relaxed);
    return given == kNone ? own() : given;
  }
  /// The clock's own time, whatever it was given.
  uint64_t own() const { return source_() + offset_; }
  bool isGiven() const { return given_.load(std::memory_order_relaxed) != kNone; }

  /// Has the clock show this time and stand still, until it is given another one or none.
  void give(uint64_t ms) { given_.store(ms, std::memory_order_relaxed); }
  void giveNone() { give(kNone); }

 private:
  /// The mark of a clock that was given no time: it is far from any time, also from one before the
  /// epoch as an unsigned number.
  static constexpr uint64_t kNone = uint64_t{1} << 63U;

  const Source source_;
  const uint64_t offset_;
  std::atomic<uint64_t> given_{kNone};
};

}  // namespace ebbcache

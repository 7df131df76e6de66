// The events of a tier, for those who log them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ebbcache {

struct DiskEvent {
  enum class Kind : uint8_t {
    /// The tier is not, or not wholly, in use. Reported once, until it has recovered.
    kTrouble,
    kRecovered,
    /// Damaged bytes were removed; the tier goes on.
    kDamaged,
    /// The files of an earlier version of this package were removed.
    kRemovedEarlier,
  };
  Kind kind = Kind::kTrouble;
  std::string sentence;
};

/// Thread-safe.
class DiskEventLog {
 public:
  /// Many reads and the writer meet the same damage: it is reported at most once in this time.
  explicit DiskEventLog(std::chrono::milliseconds damageEvery = std::chrono::minutes(1))
      : damageEvery_(damageEvery) {}

  /// Records an event and calls the subscribers. Trouble is recorded once until it has recovered.
  void tell(DiskEvent event);
  bool isInTrouble() const;

  /// `onEvent` is called by the thread that reports an event, until unsubscribe() has returned.
  uint64_t subscribe(std::function<void()> onEvent);
  void unsubscribe(uint64_t subscription);
  /// Returns the events since number `after`, or the last of them where some are no longer kept.
  /// `after` becomes the number of the next event.
  std::vector<DiskEvent> after(uint64_t& after) const;

 private:
  static constexpr size_t kMaxEvents = 64;
  using Clock = std::chrono::steady_clock;

  bool isNew(const DiskEvent& event);

  const std::chrono::milliseconds damageEvery_;
  mutable std::mutex mutex_;
  /// Held while subscribers are called.
  std::mutex calling_;
  std::map<uint64_t, std::function<void()>> subscribers_;
  uint64_t lastSubscription_ = 0;
  std::vector<DiskEvent> events_;
  /// The number of the first of `events_`.
  uint64_t first_ = 0;
  bool isInTrouble_ = false;
  std::optional<Clock::time_point> damageTold_;
};

}  // namespace ebbcache

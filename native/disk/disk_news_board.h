// What happened to a tier, for those who log it.
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

struct DiskNews {
  enum class Kind : uint8_t {
    /// The tier is not, or not wholly, in use: told once, until it has recovered.
    kTrouble,
    kRecovered,
    /// What was damaged was removed; the tier goes on.
    kDamaged,
    /// The files of an earlier version of this package were removed.
    kRemovedEarlier,
  };
  Kind kind = Kind::kTrouble;
  std::string sentence;
};

/// Thread-safe.
class DiskNewsBoard {
 public:
  /// One damage is met by many reads and by the writer: it is told at most once in so long.
  explicit DiskNewsBoard(std::chrono::milliseconds damageEvery = std::chrono::minutes(1))
      : damageEvery_(damageEvery) {}

  /// Trouble that was told already is not told again.
  void tell(DiskNews news);
  bool isInTrouble() const;

  /// `onNews` is called by the thread that tells, until unsubscribe() has returned.
  uint64_t subscribe(std::function<void()> onNews);
  void unsubscribe(uint64_t subscription);
  /// News since the number that `after` is, the last of them at least; `after` becomes their
  /// number.
  std::vector<DiskNews> after(uint64_t& after) const;

 private:
  static constexpr size_t kMost = 64;
  using Clock = std::chrono::steady_clock;

  bool isNew(const DiskNews& news);

  const std::chrono::milliseconds damageEvery_;
  mutable std::mutex mutex_;
  /// Held while they are called.
  std::mutex calling_;
  std::map<uint64_t, std::function<void()>> subscribers_;
  uint64_t lastSubscription_ = 0;
  std::vector<DiskNews> news_;
  /// The number of the first of `news_`.
  uint64_t first_ = 0;
  bool isInTrouble_ = false;
  std::optional<Clock::time_point> damageTold_;
};

}  // namespace ebbcache

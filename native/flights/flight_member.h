// One who takes part in flights, and what it is notified of: an environment that other threads
// wake.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace ebbcache {

/// One waiter in one flight. No other has the number as long as the process runs; never 0.
using FlightWaiterId = uint64_t;

/// What a waiter is told. lib/native/flights.ts has the same numbers.
enum class FlightEvent : uint8_t {
  /// The flight is over, and this is what came of it.
  kCompleted,
  /// The one that led is gone: this waiter leads now, and the work is its.
  kLeads,
  /// To the one that leads: all others have left.
  kUnawaited
};

struct FlightNotification {
  FlightWaiterId id = 0;
  FlightEvent event = FlightEvent::kCompleted;
  /// The result of kCompleted, shared by all who are told.
  std::shared_ptr<const std::string> result;
};

class FlightMember {
 public:
  /// `wake` is called on any thread, with no lock held, once for each notification that has come.
  /// It must not throw, and must not wait for the thread that closes.
  explicit FlightMember(std::function<void()> wake) : wake_(std::move(wake)) {}
  FlightMember(const FlightMember&) = delete;
  FlightMember& operator=(const FlightMember&) = delete;

  /// The oldest that was not taken yet.
  std::optional<FlightNotification> takeNotification();
  /// When it returns no call of `wake` is under way, and none will come. For a member that has left
  /// its flights.
  void close();

 private:
  friend class FlightRegistry;

  /// A waiter of this member, with what it was told and has not taken. It is made when the waiter
  /// is taken, so that nothing that happens to the waiter later needs the heap.
  struct Waiter {
    FlightWaiterId id;
    /// A bit for each FlightEvent. The only two that can wait together are kLeads and then
    /// kUnawaited; to hear one of them twice would say no more.
    uint8_t untaken = 0;
    /// It is kept only for what was not taken.
    bool isGone = false;
    std::shared_ptr<const std::string> result;
  };
  using Waiters = std::list<Waiter>;

  Waiters::iterator addWaiter(FlightWaiterId waiterId);
  void removeWaiter(Waiters::iterator waiter);
  /// False where there is no reason to wake the member: it has not taken the same notification yet,
  /// or the member is closed.
  bool tell(Waiters::iterator waiter, FlightEvent event, std::shared_ptr<const std::string> result);
  void wake();
  /// With the mutex held: all notifications of the waiter were taken.
  void putAside(Waiters::iterator waiter);

  const std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable woken_;
  /// Those with notifications, the oldest first, and those without.
  Waiters told_;
  Waiters quiet_;
  uint64_t waking_ = 0;
  bool closed_ = false;
};

}  // namespace ebbcache

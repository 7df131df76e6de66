// A member of flights, and its notifications: an environment that other threads wake.
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

/// The id of one waiter in one flight. It is unique in the process, and never 0.
using FlightWaiterId = uint64_t;

/// The notifications of a waiter. lib/native/flights.ts has the same numbers.
enum class FlightEvent : uint8_t {
  /// The flight is over; the notification has its result.
  kCompleted,
  /// The waiter that led has left: this waiter leads now, and runs the work.
  kLeads,
  /// All other waiters have left. Only the leader is notified.
  kUnawaited
};

struct FlightNotification {
  FlightWaiterId id = 0;
  FlightEvent event = FlightEvent::kCompleted;
  /// The result of kCompleted, shared by all waiters of the flight.
  std::shared_ptr<const std::string> result;
};

class FlightMember {
 public:
  /// `wake` is called on any thread, with no lock held, once for each notification. It MUST NOT
  /// throw, and MUST NOT wait for the thread that closes.
  explicit FlightMember(std::function<void()> wake) : wake_(std::move(wake)) {}
  FlightMember(const FlightMember&) = delete;
  FlightMember& operator=(const FlightMember&) = delete;

  /// Takes the oldest notification that was not taken yet.
  std::optional<FlightNotification> takeNotification();
  /// When it returns no call of `wake` is in progress, and none will follow. The member MUST have
  /// left its flights.
  void close();

 private:
  friend class FlightRegistry;

  /// A waiter of this member, with its notifications that were not taken. It is allocated when the
  /// waiter joins, so that no later notification needs the heap.
  struct Waiter {
    FlightWaiterId id;
    /// A bit for each FlightEvent. The only two that can wait together are kLeads and then
    /// kUnawaited; a second notification of the same event would add nothing.
    uint8_t untaken = 0;
    /// The result, kept until its notification is taken.
    bool isGone = false;
    std::shared_ptr<const std::string> result;
  };
  using Waiters = std::list<Waiter>;

  Waiters::iterator addWaiter(FlightWaiterId waiterId);
  void removeWaiter(Waiters::iterator waiter);
  /// Returns false where the member need not be woken: the same notification waits already, or the
  /// member is closed.
  bool tell(Waiters::iterator waiter, FlightEvent event, std::shared_ptr<const std::string> result);
  void wake();
  /// Called with the mutex held: all notifications of the waiter were taken.
  void putAside(Waiters::iterator waiter);

  const std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable woken_;
  /// The waiters with notifications, the oldest first, and those without.
  Waiters told_;
  Waiters quiet_;
  uint64_t waking_ = 0;
  bool closed_ = false;
};

}  // namespace ebbcache

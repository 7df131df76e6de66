// Single flight across the threads of a process: who runs the work of a key, and who waits for it.
//
//   scope "photos"
//     key "/a.jpg"  -> flight, version 7:  [ waiter 12 | waiter 15 | waiter 16 ]
//     key "/b.jpg"  -> flight, version 3:  [ waiter 14 ]   |        |
//                                             leads      +--------+-- wait for it
//
// The waiters of a flight are in the order in which they were taken, and the first one leads: it
// runs the work. When it goes without a result, the next one leads. A flight that is not current (a
// later version was asked for, or its key was forgotten) can be joined no more, and goes on for
// those in it.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "flights/flight_member.h"

namespace ebbcache {

struct FlightWaiter {
  FlightWaiterId id = 0;
  /// Otherwise the waiter follows: its member is notified when the flight completes, or when the
  /// waiter has come to lead.
  bool leads = false;
};

/// Thread-safe. Members are notified after the call that caused the notification has released the
/// lock. Calls with the id of a waiter that has left are allowed, and do nothing.
///
/// Only join() and complete() need the heap: where it is exhausted they throw std::bad_alloc, with
/// nothing changed.
class FlightRegistry {
 public:
  FlightRegistry() = default;
  FlightRegistry(const FlightRegistry&) = delete;
  FlightRegistry& operator=(const FlightRegistry&) = delete;

  /// Joins the flight of the key and this version, or starts a new one, which takes the place of a
  /// flight of another version. All three strings are any bytes.
  FlightWaiter join(const std::shared_ptr<FlightMember>& member, std::string_view scope,
                    std::string_view key, std::string_view version);
  /// Whether others may still join the flight of this waiter.
  bool isCurrent(FlightWaiterId waiterId) const;
  /// Removes a waiter that follows, or one that leads where no other waits: the flight is over
  /// then. Returns false, with nothing changed, for a leader that others wait for.
  bool leave(FlightWaiterId waiterId);
  /// Removes a waiter, whoever waits for it: the next waiter of a flight that it led leads, if
  /// there is one. It is for a result that cannot be passed on.
  void handOn(FlightWaiterId waiterId);
  /// Ends the flight that this waiter leads: all others are notified of its result.
  void complete(FlightWaiterId waiterId, std::string result);
  /// Removes all waiters of a member: the next waiter of each flight that one of them led leads, if
  /// there is one.
  void leaveAll(const FlightMember& member);

  /// Nobody may join the flight of the key any more.
  void forget(std::string_view scope, std::string_view key);
  /// Nobody may join any flight of the scope any more.
  void forgetAll(std::string_view scope);

 private:
  /// A waiter, which its member has for the lifetime of this object.
  struct Taken {
    Taken(FlightWaiterId idOfWaiter, std::shared_ptr<FlightMember> of)
        : id(idOfWaiter), member(std::move(of)), waiter(member->addWaiter(id)) {}
    ~Taken() { member->removeWaiter(waiter); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

    const FlightWaiterId id;
    const std::shared_ptr<FlightMember> member;
    const FlightMember::Waiters::iterator waiter;
    // Set once the waiter is removed: the member to wake for that.
    std::shared_ptr<FlightMember> toWake;
    std::unique_ptr<Taken> next;
  };
  /// The waiters that one call removes. They are chained, because a container may need the heap
  /// even when it is empty.
  class GivenUp {
   public:
    GivenUp() = default;
    ~GivenUp();
    GivenUp(const GivenUp&) = delete;
    GivenUp& operator=(const GivenUp&) = delete;

    Taken& add(std::unique_ptr<Taken> waiter);
    /// The caller MUST NOT hold the registry's mutex.
    void wake() const;

   private:
    std::unique_ptr<Taken> first_;
  };
  using Waiters = std::list<std::unique_ptr<Taken>>;
  struct Flight {
    Flight(std::string_view ofScope, std::string_view ofKey, std::string_view ofVersion)
        : scope(ofScope), key(ofKey), version(ofVersion) {}

    const std::string scope;
    const std::string key;
    const std::string version;
    bool current = true;
    Waiters waiters;
  };
  /// The flight of a waiter, which has at least this one.
  struct Place {
    std::shared_ptr<Flight> flight;
    Waiters::iterator waiter;

    bool leads() const { return waiter == flight->waiters.begin(); }
  };
  using Places = std::unordered_map<FlightWaiterId, Place>;
  // An ordered map, because keys may come from strangers, who could make the hashes of a table
  // collide.
  using FlightsByKey = std::map<std::string, std::shared_ptr<Flight>, std::less<>>;

  // Called with the mutex held:
  std::shared_ptr<Flight> findCurrent(std::string_view scope, std::string_view key) const;
  /// Makes the flight the one that callers join, in place of a flight of another version.
  void makeCurrent(const std::shared_ptr<Flight>& flight);
  void makeStale(Flight& flight);
  void giveUp(Places::iterator place, GivenUp& givenUp);
  static void tell(Taken& waiter, FlightEvent event, std::shared_ptr<const std::string> result,
                   Taken& because);

  mutable std::mutex mutex_;
  FlightWaiterId lastWaiterId_ = 0;
  std::map<std::string, FlightsByKey, std::less<>> current_;
  Places places_;
};

}  // namespace ebbcache

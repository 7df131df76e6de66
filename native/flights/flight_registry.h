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
  /// Else it follows: its member is told when the flight completes, or when it has come to lead.
  bool leads = false;
};

/// Thread-safe. What is told to a member comes after the call that caused it has given up the lock.
/// Tickets of waiters that are left already are allowed everywhere, and do nothing.
///
/// Only join() and complete() need the heap: where it is exhausted they throw std::bad_alloc, with
/// nothing changed.
class FlightRegistry {
 public:
  FlightRegistry() = default;
  FlightRegistry(const FlightRegistry&) = delete;
  FlightRegistry& operator=(const FlightRegistry&) = delete;

  /// A waiter in what is under way for the key and this version, or the first one of a new flight,
  /// which takes the place of one of another version. All three are any bytes.
  FlightWaiter join(const std::shared_ptr<FlightMember>& member, std::string_view scope,
                    std::string_view key, std::string_view version);
  /// Whether others may still join the flight of this waiter.
  bool isCurrent(FlightWaiterId waiterId) const;
  /// Gives up a waiter that follows, and one that leads if no other waits: then the flight is over.
  /// False, with nothing changed, for one that others wait for.
  bool leave(FlightWaiterId waiterId);
  /// Gives up a waiter whoever waits for it: of a flight that it led the next waiter leads, if
  /// there is one. For a result that cannot be passed on.
  void handOn(FlightWaiterId waiterId);
  /// Ends the flight that this waiter leads: all others are told its result.
  void complete(FlightWaiterId waiterId, std::string result);
  /// Gives up all waiters of a member: of each flight that it led another one leads, if there is
  /// one.
  void leaveAll(const FlightMember& member);

  /// Nobody joins what is under way for the key any more.
  void forget(std::string_view scope, std::string_view key);
  /// The same for all keys.
  void forgetAll(std::string_view scope);

 private:
  /// A waiter, which its member has from here on and until this ends.
  struct Taken {
    Taken(FlightWaiterId idOfWaiter, std::shared_ptr<FlightMember> of)
        : id(idOfWaiter), member(std::move(of)), waiter(member->addWaiter(id)) {}
    ~Taken() { member->removeWaiter(waiter); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

    const FlightWaiterId id;
    const std::shared_ptr<FlightMember> member;
    const FlightMember::Waiters::iterator waiter;
    // Once it is given up.
    /// Who is to be woken because of that.
    std::shared_ptr<FlightMember> toWake;
    std::unique_ptr<Taken> next;
  };
  /// The waiters that one call gives up. It chains what is there, because a container of its own
  /// may need the heap for being empty.
  class GivenUp {
   public:
    GivenUp() = default;
    ~GivenUp();
    GivenUp(const GivenUp&) = delete;
    GivenUp& operator=(const GivenUp&) = delete;

    Taken& add(std::unique_ptr<Taken> waiter);
    /// The caller does not hold the registry's mutex.
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
  /// Where a waiter is. Its flight has at least this one.
  struct Place {
    std::shared_ptr<Flight> flight;
    Waiters::iterator waiter;

    bool leads() const { return waiter == flight->waiters.begin(); }
  };
  using Places = std::unordered_map<FlightWaiterId, Place>;
  // Ordered, because keys come from strangers, who could make the hashes of a table collide.
  using FlightsByKey = std::map<std::string, std::shared_ptr<Flight>, std::less<>>;

  // All with the mutex held.
  std::shared_ptr<Flight> findCurrent(std::string_view scope, std::string_view key) const;
  /// Has the flight joined by all who come, in place of the one of another version.
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

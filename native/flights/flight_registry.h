// Single flight across the threads of a process: who runs the work of a key, and who waits for it.
//
//   scope "photos"
//     key "/a.jpg"  -> flight, version 7:  [ seat 12 | seat 15 | seat 16 ]
//     key "/b.jpg"  -> flight, version 3:  [ seat 14 ]   |        |
//                                             leads      +--------+-- wait for it
//
// The seats of a flight are in the order in which they were taken, and the first one leads: it runs
// the work. When it goes without a result, the next one leads. A flight that is not current (a
// later version was asked for, or its key was forgotten) can be joined no more, and goes on for
// those in it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flights/flight_member.h"

namespace ebbcache {

struct FlightSeat {
  FlightTicket ticket = 0;
  /// Else it follows: its member is told when the flight lands, or when it has come to lead.
  bool leads = false;
};

/// Thread-safe. What is told to a member comes after the call that caused it has given up the lock.
/// Tickets of seats that are left already are allowed everywhere, and do nothing.
class FlightRegistry {
 public:
  FlightRegistry() = default;
  FlightRegistry(const FlightRegistry&) = delete;
  FlightRegistry& operator=(const FlightRegistry&) = delete;

  /// A seat in what is under way for the key and this version, or the first one of a new flight,
  /// which takes the place of one of another version. All three are any bytes.
  FlightSeat join(const std::shared_ptr<FlightMember>& member, std::string_view scope,
                  std::string_view key, std::string_view version);
  /// Whether others may still join the flight of this seat.
  bool isCurrent(FlightTicket ticket) const;
  /// Gives up a seat that follows, and one that leads if no other waits: then the flight is over.
  /// False, with nothing changed, for one that others wait for.
  bool leave(FlightTicket ticket);
  /// Ends the flight that this seat leads: all others are told its result.
  void land(FlightTicket ticket, std::string result);
  /// Gives up all seats of a member: of each flight that it led another one leads, if there is one.
  void leaveAll(const FlightMember& member);

  /// Nobody joins what is under way for the key any more.
  void forget(std::string_view scope, std::string_view key);
  /// The same for all keys.
  void forgetAll(std::string_view scope);

 private:
  struct Taken {
    FlightTicket ticket;
    std::shared_ptr<FlightMember> member;
  };
  struct Flight {
    std::string scope;
    std::string key;
    std::string version;
    bool current = true;
    std::vector<Taken> seats;

    bool isLedBy(FlightTicket ticket) const { return seats.front().ticket == ticket; }
  };
  // Ordered, because keys come from strangers, who could make the hashes of a table collide.
  using FlightsByKey = std::map<std::string, std::shared_ptr<Flight>, std::less<>>;
  /// Who is to be woken once the lock is given up.
  using Wakes = std::vector<std::shared_ptr<FlightMember>>;

  // All with the mutex held, but `wake`, which has it not.
  std::shared_ptr<Flight> find(FlightTicket ticket) const;
  void giveUp(Flight& flight, FlightTicket ticket, Wakes& wakes);
  void makeStale(Flight& flight);
  static void tell(const Taken& seat, FlightNews news, Wakes& wakes);
  static void wake(const Wakes& wakes);

  mutable std::mutex mutex_;
  FlightTicket lastTicket_ = 0;
  std::map<std::string, FlightsByKey, std::less<>> current_;
  std::unordered_map<FlightTicket, std::shared_ptr<Flight>> seats_;
};

}  // namespace ebbcache

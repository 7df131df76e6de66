// Flights while the heap is exhausted: a call that fails leaves no waiter behind, and nobody waits
// for ever.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "flights/flight_registry.h"
#include "heap_faults.h"

namespace ebbcache::test {
namespace {

/// The key is longer than a string holds without the heap.
const std::string kScope = "a scope that is longer than a short string";
const std::string kKey = "a key that is longer than a short string";
const std::string kResult = "a result that is longer than a short string";

class HeapFaultFlights : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const auto& member : members_) registry_.leaveAll(*member);
  }

  FlightWaiter join(int member, const std::string& version = "1") {
    return registry_.join(members_[static_cast<size_t>(member)], kScope, kKey, version);
  }
  std::optional<FlightNotification> notification(int member) {
    return members_[static_cast<size_t>(member)]->takeNotification();
  }
  /// The event of the next notification, which must be of this waiter.
  std::optional<FlightEvent> told(int member, FlightWaiter waiter) {
    const auto next = notification(member);
    if (!next) return std::nullopt;
    EXPECT_EQ(next->id, waiter.id);
    return next->event;
  }
  void expectNoSeats() {
    for (int member = 0; member < 3; ++member) EXPECT_FALSE(notification(member));
    const FlightWaiter waiter = join(0);
    EXPECT_TRUE(waiter.leads);
    EXPECT_TRUE(registry_.leave(waiter.id));
  }

  FlightRegistry registry_;
  std::array<int, 3> wakes_{};
  std::array<std::shared_ptr<FlightMember>, 3> members_{
      std::make_shared<FlightMember>([this] { ++wakes_[0]; }),
      std::make_shared<FlightMember>([this] { ++wakes_[1]; }),
      std::make_shared<FlightMember>([this] { ++wakes_[2]; })};
};

TEST_F(HeapFaultFlights, FaultsOfTheFirstToJoinLeaveNoSeat) {
  const uint64_t faults = failEachOnce(
      [&] {
        FlightWaiter waiter = join(1);
        registry_.leave(waiter.id);
      },
      [&] { expectNoSeats(); });
  EXPECT_GT(faults, 5U);
}

TEST_F(HeapFaultFlights, FaultsOfAFollowerLeaveTheFlightAsItWas) {
  const FlightWaiter leader = join(0);
  const uint64_t faults = failEachOnce(
      [&] {
        const FlightWaiter waiter = join(1);
        registry_.leave(waiter.id);
      },
      [&] {
        EXPECT_TRUE(registry_.isCurrent(leader.id));
        while (notification(0)) {
        }
      });
  EXPECT_GT(faults, 2U);
  EXPECT_TRUE(registry_.leave(leader.id));
  expectNoSeats();
}

TEST_F(HeapFaultFlights, FaultsOfALaterVersionLeaveTheEarlierOneCurrent) {
  const FlightWaiter earlier = join(0, "1");
  FlightWaiter later;
  const uint64_t faults =
      failEachOnce([&] { later = join(1, "2"); },
                   [&] { EXPECT_EQ(registry_.isCurrent(earlier.id), later.id == 0); });
  EXPECT_GT(faults, 3U);
  EXPECT_TRUE(later.leads);
  EXPECT_TRUE(registry_.isCurrent(later.id));
}

TEST_F(HeapFaultFlights, FaultsOfALandingLeaveTheFlightToBeHandedOn) {
  FlightWaiter leader;
  FlightWaiter follower;
  const uint64_t faults = failEachOnce(
      [&] {
        leader = {};
        follower = {};
        leader = join(0);
        follower = join(1);
        registry_.complete(leader.id, kResult);
      },
      [&] {
        // A landing that failed changes nothing: the others are still notified.
        const bool hasLanded = !registry_.isCurrent(leader.id);
        if (follower.id != 0 && !hasLanded) {
          EXPECT_FALSE(notification(1));
          EXPECT_TRUE(needsNoHeap([&] { registry_.handOn(leader.id); }));
          EXPECT_EQ(told(1, follower), FlightEvent::kLeads);
        } else if (follower.id != 0) {
          const auto completed = notification(1);
          ASSERT_TRUE(completed);
          EXPECT_EQ(*completed->result, kResult);
        }
        for (const auto& member : members_) registry_.leaveAll(*member);
        expectNoSeats();
      });
  EXPECT_GT(faults, 8U);
}

TEST_F(HeapFaultFlights, FaultsOfSeveralMembersLeaveNoSeat) {
  const uint64_t faults = failEachOnce(
      [&] {
        const FlightWaiter leader = join(0);
        const FlightWaiter one = join(1);
        join(2);
        join(2, "2");
        registry_.leave(one.id);
        join(1, "2");
        registry_.leaveAll(*members_[2]);
        registry_.forget(kScope, kKey);
        join(1);
        registry_.complete(leader.id, kResult);
        registry_.forgetAll(kScope);
      },
      [&] {
        EXPECT_TRUE(needsNoHeap([&] {
          for (const auto& member : members_) {
            registry_.leaveAll(*member);
            while (member->takeNotification()) {
            }
          }
        }));
        expectNoSeats();
      });
  EXPECT_GT(faults, 20U);
}

TEST_F(HeapFaultFlights, NeedNoHeapToEnd) {
  const FlightWaiter leader = join(0);
  const FlightWaiter one = join(1);
  const FlightWaiter two = join(2);
  const FlightWaiter other = registry_.join(members_[0], kScope, "other", "1");
  std::optional<FlightNotification> heir;
  EXPECT_TRUE(needsNoHeap([&] {
    registry_.isCurrent(leader.id);
    registry_.leave(two.id);
    registry_.handOn(leader.id);
    heir = members_[1]->takeNotification();
    registry_.forget(kScope, kKey);
    registry_.forgetAll(kScope);
    registry_.leaveAll(*members_[1]);
    members_[1]->close();
  }));
  ASSERT_TRUE(heir);
  EXPECT_EQ(heir->id, one.id);
  EXPECT_EQ(heir->event, FlightEvent::kLeads);
  EXPECT_FALSE(registry_.isCurrent(other.id));
  EXPECT_TRUE(registry_.leave(other.id));
  expectNoSeats();
}

TEST_F(HeapFaultFlights, HandOnASeatThatFollowsAsIfItWereLeft) {
  const FlightWaiter leader = join(0);
  registry_.handOn(join(1).id);
  EXPECT_EQ(told(0, leader), FlightEvent::kUnawaited);
  registry_.handOn(leader.id);
  registry_.handOn(leader.id);
  expectNoSeats();
}

TEST_F(HeapFaultFlights, TellANewLeaderBothEventsInOrder) {
  const FlightWaiter leader = join(0);
  const FlightWaiter heir = join(1);
  const FlightWaiter last = join(2);
  registry_.handOn(leader.id);
  EXPECT_TRUE(registry_.leave(last.id));
  EXPECT_EQ(told(1, heir), FlightEvent::kLeads);
  EXPECT_EQ(told(1, heir), FlightEvent::kUnawaited);
  EXPECT_FALSE(notification(1));
  EXPECT_EQ(wakes_[1], 2);
}

TEST_F(HeapFaultFlights, TellOnceWhatWasNotTakenYet) {
  const FlightWaiter leader = join(0);
  for (int i = 0; i < 3; ++i) registry_.leave(join(1).id);
  EXPECT_EQ(wakes_[0], 1);
  EXPECT_EQ(told(0, leader), FlightEvent::kUnawaited);
  EXPECT_FALSE(notification(0));
  registry_.leave(join(1).id);
  EXPECT_EQ(told(0, leader), FlightEvent::kUnawaited);
  EXPECT_EQ(wakes_[0], 2);
}

}  // namespace
}  // namespace ebbcache::test

// Flights while the heap is exhausted: whatever fails leaves no seat behind, and nobody waiting.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "flights/flight_registry.h"
#include "heap_faults.h"

namespace ebbcache::test {
namespace {

/// Longer than what a string holds without the heap.
const std::string kScope = "a scope that is longer than a short string";
const std::string kKey = "a key that is longer than a short string";
const std::string kResult = "a result that is longer than a short string";

class HeapFaultFlights : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const auto& member : members_) registry_.leaveAll(*member);
  }

  FlightSeat join(int member, const std::string& version = "1") {
    return registry_.join(members_[static_cast<size_t>(member)], kScope, kKey, version);
  }
  std::optional<FlightNews> news(int member) {
    return members_[static_cast<size_t>(member)]->takeNews();
  }
  /// The event of the next piece of news, which must be of this seat.
  std::optional<FlightEvent> told(int member, FlightSeat seat) {
    const auto next = news(member);
    if (!next) return std::nullopt;
    EXPECT_EQ(next->ticket, seat.ticket);
    return next->event;
  }
  void expectNoSeats() {
    for (int member = 0; member < 3; ++member) EXPECT_FALSE(news(member));
    const FlightSeat seat = join(0);
    EXPECT_TRUE(seat.leads);
    EXPECT_TRUE(registry_.leave(seat.ticket));
  }

  FlightRegistry registry_;
  std::array<int, 3> wakes_{};
  std::array<std::shared_ptr<FlightMember>, 3> members_{
      std::make_shared<FlightMember>([this] { ++wakes_[0]; }),
      std::make_shared<FlightMember>([this] { ++wakes_[1]; }),
      std::make_shared<FlightMember>([this] { ++wakes_[2]; })};
};

TEST_F(HeapFaultFlights, OfTheFirstToJoinLeaveNoSeat) {
  const uint64_t faults = failEachOnce(
      [&] {
        FlightSeat seat = join(1);
        registry_.leave(seat.ticket);
      },
      [&] { expectNoSeats(); });
  EXPECT_GT(faults, 5U);
}

TEST_F(HeapFaultFlights, OfOneWhoFollowsLeaveTheFlightAsItWas) {
  const FlightSeat leader = join(0);
  const uint64_t faults = failEachOnce(
      [&] {
        const FlightSeat seat = join(1);
        registry_.leave(seat.ticket);
      },
      [&] {
        EXPECT_TRUE(registry_.isCurrent(leader.ticket));
        while (news(0)) {
        }
      });
  EXPECT_GT(faults, 2U);
  EXPECT_TRUE(registry_.leave(leader.ticket));
  expectNoSeats();
}

TEST_F(HeapFaultFlights, OfALaterVersionLeaveTheEarlierOneCurrent) {
  const FlightSeat earlier = join(0, "1");
  FlightSeat later;
  const uint64_t faults =
      failEachOnce([&] { later = join(1, "2"); },
                   [&] { EXPECT_EQ(registry_.isCurrent(earlier.ticket), later.ticket == 0); });
  EXPECT_GT(faults, 3U);
  EXPECT_TRUE(later.leads);
  EXPECT_TRUE(registry_.isCurrent(later.ticket));
}

TEST_F(HeapFaultFlights, OfALandingLeaveTheFlightToBeHandedOn) {
  FlightSeat leader;
  FlightSeat follower;
  const uint64_t faults = failEachOnce(
      [&] {
        leader = {};
        follower = {};
        leader = join(0);
        follower = join(1);
        registry_.land(leader.ticket, kResult);
      },
      [&] {
        // Nothing is changed by a landing that failed: the others do not wait in vain.
        const bool hasLanded = !registry_.isCurrent(leader.ticket);
        if (follower.ticket != 0 && !hasLanded) {
          EXPECT_FALSE(news(1));
          EXPECT_TRUE(needsNoHeap([&] { registry_.handOn(leader.ticket); }));
          EXPECT_EQ(told(1, follower), FlightEvent::kLeads);
        } else if (follower.ticket != 0) {
          const auto landed = news(1);
          ASSERT_TRUE(landed);
          EXPECT_EQ(*landed->result, kResult);
        }
        for (const auto& member : members_) registry_.leaveAll(*member);
        expectNoSeats();
      });
  EXPECT_GT(faults, 8U);
}

TEST_F(HeapFaultFlights, OfSeveralMembersLeaveNoSeat) {
  const uint64_t faults = failEachOnce(
      [&] {
        const FlightSeat leader = join(0);
        const FlightSeat one = join(1);
        join(2);
        join(2, "2");
        registry_.leave(one.ticket);
        join(1, "2");
        registry_.leaveAll(*members_[2]);
        registry_.forget(kScope, kKey);
        join(1);
        registry_.land(leader.ticket, kResult);
        registry_.forgetAll(kScope);
      },
      [&] {
        EXPECT_TRUE(needsNoHeap([&] {
          for (const auto& member : members_) {
            registry_.leaveAll(*member);
            while (member->takeNews()) {
            }
          }
        }));
        expectNoSeats();
      });
  EXPECT_GT(faults, 20U);
}

TEST_F(HeapFaultFlights, NeedNoHeapToEnd) {
  const FlightSeat leader = join(0);
  const FlightSeat one = join(1);
  const FlightSeat two = join(2);
  const FlightSeat other = registry_.join(members_[0], kScope, "other", "1");
  std::optional<FlightNews> heir;
  EXPECT_TRUE(needsNoHeap([&] {
    registry_.isCurrent(leader.ticket);
    registry_.leave(two.ticket);
    registry_.handOn(leader.ticket);
    heir = members_[1]->takeNews();
    registry_.forget(kScope, kKey);
    registry_.forgetAll(kScope);
    registry_.leaveAll(*members_[1]);
    members_[1]->close();
  }));
  ASSERT_TRUE(heir);
  EXPECT_EQ(heir->ticket, one.ticket);
  EXPECT_EQ(heir->event, FlightEvent::kLeads);
  EXPECT_FALSE(registry_.isCurrent(other.ticket));
  EXPECT_TRUE(registry_.leave(other.ticket));
  expectNoSeats();
}

TEST_F(HeapFaultFlights, HandOnASeatThatFollowsAsIfItWereLeft) {
  const FlightSeat leader = join(0);
  registry_.handOn(join(1).ticket);
  EXPECT_EQ(told(0, leader), FlightEvent::kUnawaited);
  registry_.handOn(leader.ticket);
  registry_.handOn(leader.ticket);
  expectNoSeats();
}

TEST_F(HeapFaultFlights, TellASeatThatNowLeadsBothPiecesOfNewsInOrder) {
  const FlightSeat leader = join(0);
  const FlightSeat heir = join(1);
  const FlightSeat last = join(2);
  registry_.handOn(leader.ticket);
  EXPECT_TRUE(registry_.leave(last.ticket));
  EXPECT_EQ(told(1, heir), FlightEvent::kLeads);
  EXPECT_EQ(told(1, heir), FlightEvent::kUnawaited);
  EXPECT_FALSE(news(1));
  EXPECT_EQ(wakes_[1], 2);
}

TEST_F(HeapFaultFlights, TellOnceWhatWasNotTakenYet) {
  const FlightSeat leader = join(0);
  for (int i = 0; i < 3; ++i) registry_.leave(join(1).ticket);
  EXPECT_EQ(wakes_[0], 1);
  EXPECT_EQ(told(0, leader), FlightEvent::kUnawaited);
  EXPECT_FALSE(news(0));
  registry_.leave(join(1).ticket);
  EXPECT_EQ(told(0, leader), FlightEvent::kUnawaited);
  EXPECT_EQ(wakes_[0], 2);
}

}  // namespace
}  // namespace ebbcache::test

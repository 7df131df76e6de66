// Flights with the members told by hand: who leads, who is told what, and who may still join.
#include "flights/flight_registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace ebbcache::test {
namespace {

/// An environment, and how often it was woken.
struct Member {
  FlightRegistry& registry;
  int wakes = 0;
  std::shared_ptr<FlightMember> member = std::make_shared<FlightMember>([this] { ++wakes; });

  explicit Member(FlightRegistry& of) : registry(of) {}
  ~Member() {
    registry.leaveAll(*member);
    member->close();
  }
  FlightSeat join(const char* key, const char* version = "1", const char* scope = "scope") const {
    return registry.join(member, scope, key, version);
  }
  std::optional<FlightNews> news() const { return member->takeNews(); }
  /// The ticket of the one piece of news there is, of this event; else 0.
  FlightTicket only(FlightEvent event) const {
    const auto first = news();
    return first && first->event == event && !news() ? first->ticket : 0;
  }
};

class FlightRegistryTest : public ::testing::Test {
 protected:
  FlightRegistry registry_;
  Member a_{registry_};
  Member b_{registry_};
  Member c_{registry_};
};

TEST_F(FlightRegistryTest, IsLedByTheFirst) {
  const FlightSeat first = a_.join("key");
  const FlightSeat second = b_.join("key");
  const FlightSeat third = b_.join("key");
  EXPECT_TRUE(first.leads);
  EXPECT_FALSE(second.leads);
  EXPECT_FALSE(third.leads);
  EXPECT_NE(first.ticket, second.ticket);
  EXPECT_NE(second.ticket, third.ticket);
}

TEST_F(FlightRegistryTest, KeepsScopesAndKeysApart) {
  EXPECT_TRUE(a_.join("key").leads);
  EXPECT_TRUE(b_.join("key", "1", "other").leads);
  EXPECT_TRUE(b_.join("other").leads);
  EXPECT_FALSE(b_.join("key").leads);
}

TEST_F(FlightRegistryTest, TellsItsResultToAllOthers) {
  const FlightSeat leader = a_.join("key");
  const FlightSeat one = b_.join("key");
  const FlightSeat two = c_.join("key");
  registry_.land(leader.ticket, std::string("re\0sult", 7));
  for (const auto& [member, seat] : {std::pair(&b_, one), std::pair(&c_, two)}) {
    const auto news = member->news();
    ASSERT_TRUE(news);
    EXPECT_EQ(news->event, FlightEvent::kLanded);
    EXPECT_EQ(news->ticket, seat.ticket);
    EXPECT_EQ(*news->result, std::string("re\0sult", 7));
    EXPECT_FALSE(member->news());
    EXPECT_EQ(member->wakes, 1);
  }
  EXPECT_FALSE(a_.news());
  EXPECT_EQ(a_.wakes, 0);
  EXPECT_FALSE(registry_.isCurrent(one.ticket));
  EXPECT_TRUE(b_.join("key").leads);
}

TEST_F(FlightRegistryTest, IsLandedByItsLeaderAlone) {
  const FlightSeat leader = a_.join("key");
  registry_.land(b_.join("key").ticket, "result");
  EXPECT_FALSE(a_.news());
  EXPECT_TRUE(registry_.isCurrent(leader.ticket));
}

TEST_F(FlightRegistryTest, IsNotLeftByALeaderThatOthersWaitFor) {
  const FlightSeat leader = a_.join("key");
  const FlightSeat follower = b_.join("key");
  EXPECT_FALSE(registry_.leave(leader.ticket));
  EXPECT_TRUE(registry_.isCurrent(leader.ticket));
  EXPECT_TRUE(registry_.leave(follower.ticket));
  EXPECT_EQ(a_.only(FlightEvent::kUnawaited), leader.ticket);
  EXPECT_TRUE(registry_.leave(leader.ticket));
  EXPECT_FALSE(registry_.isCurrent(leader.ticket));
  EXPECT_TRUE(b_.join("key").leads);
}

TEST_F(FlightRegistryTest, TellsItsLeaderOfTheLastToLeaveAlone) {
  const FlightSeat leader = a_.join("key");
  const FlightSeat one = b_.join("key");
  const FlightSeat two = c_.join("key");
  registry_.leave(one.ticket);
  EXPECT_FALSE(a_.news());
  registry_.leave(two.ticket);
  EXPECT_EQ(a_.only(FlightEvent::kUnawaited), leader.ticket);
}

TEST_F(FlightRegistryTest, IsLedByTheNextWhenTheLeaderEnds) {
  a_.join("key");
  const FlightSeat one = b_.join("key");
  const FlightSeat two = c_.join("key");
  registry_.leaveAll(*a_.member);
  EXPECT_EQ(b_.only(FlightEvent::kLeads), one.ticket);
  EXPECT_FALSE(c_.news());
  EXPECT_FALSE(a_.join("key").leads);
  registry_.leaveAll(*b_.member);
  EXPECT_EQ(c_.only(FlightEvent::kLeads), two.ticket);
  registry_.land(two.ticket, "result");
  EXPECT_NE(a_.only(FlightEvent::kLanded), 0U);
}

TEST_F(FlightRegistryTest, EndsWithAllSeatsOfOneMember) {
  const FlightSeat leader = a_.join("key");
  const FlightSeat follower = a_.join("key");
  a_.join("other");
  registry_.leaveAll(*a_.member);
  EXPECT_FALSE(registry_.isCurrent(leader.ticket));
  EXPECT_FALSE(registry_.isCurrent(follower.ticket));
  EXPECT_TRUE(b_.join("key").leads);
  EXPECT_TRUE(b_.join("other").leads);
}

TEST_F(FlightRegistryTest, GivesWayToAnotherVersion) {
  const FlightSeat earlier = a_.join("key", "1");
  const FlightSeat waits = b_.join("key", "1");
  const FlightSeat later = c_.join("key", "2");
  EXPECT_TRUE(later.leads);
  EXPECT_FALSE(registry_.isCurrent(earlier.ticket));
  EXPECT_FALSE(registry_.isCurrent(waits.ticket));
  EXPECT_TRUE(registry_.isCurrent(later.ticket));
  registry_.land(earlier.ticket, "earlier");
  EXPECT_EQ(b_.only(FlightEvent::kLanded), waits.ticket);
  EXPECT_TRUE(registry_.isCurrent(later.ticket));
  EXPECT_FALSE(b_.join("key", "2").leads);
}

TEST_F(FlightRegistryTest, IsNotJoinedAnyMoreOnceForgotten) {
  const FlightSeat earlier = a_.join("key");
  const FlightSeat other = a_.join("other");
  const FlightSeat waits = b_.join("key");
  registry_.forget("scope", "key");
  registry_.forget("scope", "none");
  registry_.forget("none", "key");
  EXPECT_FALSE(registry_.isCurrent(earlier.ticket));
  EXPECT_TRUE(registry_.isCurrent(other.ticket));
  const FlightSeat later = c_.join("key");
  EXPECT_TRUE(later.leads);
  registry_.land(earlier.ticket, "earlier");
  EXPECT_EQ(b_.only(FlightEvent::kLanded), waits.ticket);
  EXPECT_TRUE(registry_.isCurrent(later.ticket));
}

TEST_F(FlightRegistryTest, IsHandedOnAsStaleAsItIs) {
  a_.join("key", "1");
  const FlightSeat heir = b_.join("key", "1");
  const FlightSeat later = c_.join("key", "2");
  registry_.leaveAll(*a_.member);
  EXPECT_EQ(b_.only(FlightEvent::kLeads), heir.ticket);
  EXPECT_FALSE(registry_.isCurrent(heir.ticket));
  EXPECT_TRUE(registry_.isCurrent(later.ticket));
}

TEST_F(FlightRegistryTest, IsForgottenWithItsScope) {
  const FlightSeat one = a_.join("one");
  const FlightSeat two = a_.join("two");
  const FlightSeat other = a_.join("one", "1", "other");
  registry_.forgetAll("scope");
  registry_.forgetAll("none");
  EXPECT_FALSE(registry_.isCurrent(one.ticket));
  EXPECT_FALSE(registry_.isCurrent(two.ticket));
  EXPECT_TRUE(registry_.isCurrent(other.ticket));
  EXPECT_TRUE(b_.join("one").leads);
}

TEST_F(FlightRegistryTest, AllowsTicketsOfSeatsThatAreLeft) {
  const FlightSeat seat = a_.join("key");
  EXPECT_TRUE(registry_.leave(seat.ticket));
  EXPECT_TRUE(registry_.leave(seat.ticket));
  registry_.land(seat.ticket, "result");
  EXPECT_TRUE(registry_.leave(0));
  EXPECT_FALSE(registry_.isCurrent(0));
}

}  // namespace
}  // namespace ebbcache::test

// Flights whose members act one after the other: who leads, who is notified, and who may join.
#include "flights/flight_registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace ebbcache::test {
namespace {

/// An environment, and the number of times it was woken.
struct Member {
  FlightRegistry& registry;
  int wakes = 0;
  std::shared_ptr<FlightMember> member = std::make_shared<FlightMember>([this] { ++wakes; });

  explicit Member(FlightRegistry& of) : registry(of) {}
  ~Member() {
    registry.leaveAll(*member);
    member->close();
  }
  FlightWaiter join(const char* key, const char* version = "1", const char* scope = "scope") const {
    return registry.join(member, scope, key, version);
  }
  std::optional<FlightNotification> notification() const { return member->takeNotification(); }
  /// The id of the waiter of the only notification, which must be of this event; else 0.
  FlightWaiterId only(FlightEvent event) const {
    const auto first = notification();
    return first && first->event == event && !notification() ? first->id : 0;
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
  const FlightWaiter first = a_.join("key");
  const FlightWaiter second = b_.join("key");
  const FlightWaiter third = b_.join("key");
  EXPECT_TRUE(first.leads);
  EXPECT_FALSE(second.leads);
  EXPECT_FALSE(third.leads);
  EXPECT_NE(first.id, second.id);
  EXPECT_NE(second.id, third.id);
}

TEST_F(FlightRegistryTest, KeepsScopesAndKeysApart) {
  EXPECT_TRUE(a_.join("key").leads);
  EXPECT_TRUE(b_.join("key", "1", "other").leads);
  EXPECT_TRUE(b_.join("other").leads);
  EXPECT_FALSE(b_.join("key").leads);
}

TEST_F(FlightRegistryTest, TellsItsResultToAllOthers) {
  const FlightWaiter leader = a_.join("key");
  const FlightWaiter one = b_.join("key");
  const FlightWaiter two = c_.join("key");
  registry_.complete(leader.id, std::string("re\0sult", 7));
  for (const auto& [member, waiter] : {std::pair(&b_, one), std::pair(&c_, two)}) {
    const auto notification = member->notification();
    ASSERT_TRUE(notification);
    EXPECT_EQ(notification->event, FlightEvent::kCompleted);
    EXPECT_EQ(notification->id, waiter.id);
    EXPECT_EQ(*notification->result, std::string("re\0sult", 7));
    EXPECT_FALSE(member->notification());
    EXPECT_EQ(member->wakes, 1);
  }
  EXPECT_FALSE(a_.notification());
  EXPECT_EQ(a_.wakes, 0);
  EXPECT_FALSE(registry_.isCurrent(one.id));
  EXPECT_TRUE(b_.join("key").leads);
}

TEST_F(FlightRegistryTest, IsLandedByItsLeaderAlone) {
  const FlightWaiter leader = a_.join("key");
  registry_.complete(b_.join("key").id, "result");
  EXPECT_FALSE(a_.notification());
  EXPECT_TRUE(registry_.isCurrent(leader.id));
}

TEST_F(FlightRegistryTest, IsNotLeftByALeaderThatOthersWaitFor) {
  const FlightWaiter leader = a_.join("key");
  const FlightWaiter follower = b_.join("key");
  EXPECT_FALSE(registry_.leave(leader.id));
  EXPECT_TRUE(registry_.isCurrent(leader.id));
  EXPECT_TRUE(registry_.leave(follower.id));
  EXPECT_EQ(a_.only(FlightEvent::kUnawaited), leader.id);
  EXPECT_TRUE(registry_.leave(leader.id));
  EXPECT_FALSE(registry_.isCurrent(leader.id));
  EXPECT_TRUE(b_.join("key").leads);
}

TEST_F(FlightRegistryTest, TellsItsLeaderOfTheLastToLeaveAlone) {
  const FlightWaiter leader = a_.join("key");
  const FlightWaiter one = b_.join("key");
  const FlightWaiter two = c_.join("key");
  registry_.leave(one.id);
  EXPECT_FALSE(a_.notification());
  registry_.leave(two.id);
  EXPECT_EQ(a_.only(FlightEvent::kUnawaited), leader.id);
}

TEST_F(FlightRegistryTest, IsLedByTheNextWhenTheLeaderEnds) {
  a_.join("key");
  const FlightWaiter one = b_.join("key");
  const FlightWaiter two = c_.join("key");
  registry_.leaveAll(*a_.member);
  EXPECT_EQ(b_.only(FlightEvent::kLeads), one.id);
  EXPECT_FALSE(c_.notification());
  EXPECT_FALSE(a_.join("key").leads);
  registry_.leaveAll(*b_.member);
  EXPECT_EQ(c_.only(FlightEvent::kLeads), two.id);
  registry_.complete(two.id, "result");
  EXPECT_NE(a_.only(FlightEvent::kCompleted), 0U);
}

TEST_F(FlightRegistryTest, EndsWithAllSeatsOfOneMember) {
  const FlightWaiter leader = a_.join("key");
  const FlightWaiter follower = a_.join("key");
  a_.join("other");
  registry_.leaveAll(*a_.member);
  EXPECT_FALSE(registry_.isCurrent(leader.id));
  EXPECT_FALSE(registry_.isCurrent(follower.id));
  EXPECT_TRUE(b_.join("key").leads);
  EXPECT_TRUE(b_.join("other").leads);
}

TEST_F(FlightRegistryTest, IsReplacedByAnotherVersion) {
  const FlightWaiter earlier = a_.join("key", "1");
  const FlightWaiter waits = b_.join("key", "1");
  const FlightWaiter later = c_.join("key", "2");
  EXPECT_TRUE(later.leads);
  EXPECT_FALSE(registry_.isCurrent(earlier.id));
  EXPECT_FALSE(registry_.isCurrent(waits.id));
  EXPECT_TRUE(registry_.isCurrent(later.id));
  registry_.complete(earlier.id, "earlier");
  EXPECT_EQ(b_.only(FlightEvent::kCompleted), waits.id);
  EXPECT_TRUE(registry_.isCurrent(later.id));
  EXPECT_FALSE(b_.join("key", "2").leads);
}

TEST_F(FlightRegistryTest, IsNotJoinedAnyMoreOnceForgotten) {
  const FlightWaiter earlier = a_.join("key");
  const FlightWaiter other = a_.join("other");
  const FlightWaiter waits = b_.join("key");
  registry_.forget("scope", "key");
  registry_.forget("scope", "none");
  registry_.forget("none", "key");
  EXPECT_FALSE(registry_.isCurrent(earlier.id));
  EXPECT_TRUE(registry_.isCurrent(other.id));
  const FlightWaiter later = c_.join("key");
  EXPECT_TRUE(later.leads);
  registry_.complete(earlier.id, "earlier");
  EXPECT_EQ(b_.only(FlightEvent::kCompleted), waits.id);
  EXPECT_TRUE(registry_.isCurrent(later.id));
}

TEST_F(FlightRegistryTest, IsHandedOnAsStaleAsItIs) {
  a_.join("key", "1");
  const FlightWaiter heir = b_.join("key", "1");
  const FlightWaiter later = c_.join("key", "2");
  registry_.leaveAll(*a_.member);
  EXPECT_EQ(b_.only(FlightEvent::kLeads), heir.id);
  EXPECT_FALSE(registry_.isCurrent(heir.id));
  EXPECT_TRUE(registry_.isCurrent(later.id));
}

TEST_F(FlightRegistryTest, IsForgottenWithItsScope) {
  const FlightWaiter one = a_.join("one");
  const FlightWaiter two = a_.join("two");
  const FlightWaiter other = a_.join("one", "1", "other");
  registry_.forgetAll("scope");
  registry_.forgetAll("none");
  EXPECT_FALSE(registry_.isCurrent(one.id));
  EXPECT_FALSE(registry_.isCurrent(two.id));
  EXPECT_TRUE(registry_.isCurrent(other.id));
  EXPECT_TRUE(b_.join("one").leads);
}

TEST_F(FlightRegistryTest, AllowsTicketsOfSeatsThatAreLeft) {
  const FlightWaiter waiter = a_.join("key");
  EXPECT_TRUE(registry_.leave(waiter.id));
  EXPECT_TRUE(registry_.leave(waiter.id));
  registry_.complete(waiter.id, "result");
  EXPECT_TRUE(registry_.leave(0));
  EXPECT_FALSE(registry_.isCurrent(0));
}

}  // namespace
}  // namespace ebbcache::test

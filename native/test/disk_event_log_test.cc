// The events of a tier: reported once, to all subscribers, and kept for later readers.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "disk/disk_event_log.h"
#include "heap_faults.h"

namespace ebbcache::test {
namespace {

using Kind = DiskEvent::Kind;

std::vector<std::string> sentencesAfter(const DiskEventLog& log, uint64_t& after) {
  std::vector<std::string> sentences;
  for (const DiskEvent& event : log.after(after)) sentences.push_back(event.sentence);
  return sentences;
}

TEST(DiskEventLog, TellsTroubleOnceUntilItIsOver) {
  DiskEventLog log;
  int told = 0;
  log.subscribe([&] { ++told; });
  log.tell({Kind::kRecovered, "There was no trouble."});
  EXPECT_EQ(told, 0);
  log.tell({Kind::kTrouble, "one"});
  log.tell({Kind::kTrouble, "two"});
  EXPECT_TRUE(log.isInTrouble());
  log.tell({Kind::kDamaged, "three"});
  EXPECT_TRUE(log.isInTrouble());
  log.tell({Kind::kRecovered, "four"});
  EXPECT_FALSE(log.isInTrouble());
  log.tell({Kind::kRecovered, "five"});
  log.tell({Kind::kTrouble, "six"});
  uint64_t after = 0;
  EXPECT_EQ(sentencesAfter(log, after), (std::vector<std::string>{"one", "three", "four", "six"}));
  EXPECT_EQ(told, 4);
}

TEST(DiskEventLog, TellsDamageOnceInAWhile) {
  for (const auto damageEvery : {std::chrono::milliseconds(60'000), std::chrono::milliseconds(0)}) {
    DiskEventLog log(damageEvery);
    log.tell({Kind::kDamaged, "one"});
    log.tell({Kind::kDamaged, "two"});
    uint64_t after = 0;
    EXPECT_EQ(log.after(after).size(), damageEvery.count() > 0 ? 1U : 2U);
  }
}

TEST(DiskEventLog, GivesEachReaderWhatIsNewToIt) {
  DiskEventLog log;
  uint64_t after = 0;
  EXPECT_TRUE(log.after(after).empty());
  log.tell({Kind::kRemovedEarlier, "one"});
  EXPECT_EQ(sentencesAfter(log, after), std::vector<std::string>{"one"});
  EXPECT_TRUE(log.after(after).empty());
  log.tell({Kind::kRemovedEarlier, "two"});
  EXPECT_EQ(sentencesAfter(log, after), std::vector<std::string>{"two"});
  uint64_t later = 0;
  EXPECT_EQ(log.after(later).size(), 2U);
  EXPECT_EQ(later, after);
}

TEST(DiskEventLog, KeepsTheLastOfThem) {
  DiskEventLog log;
  uint64_t after = 0;
  for (int i = 0; i < 1000; ++i) log.tell({Kind::kRemovedEarlier, std::to_string(i)});
  const std::vector<std::string> sentences = sentencesAfter(log, after);
  ASSERT_EQ(sentences.size(), 64U);
  EXPECT_EQ(sentences.front(), "936");
  EXPECT_EQ(sentences.back(), "999");
  EXPECT_TRUE(log.after(after).empty());
}

TEST(DiskEventLog, CallsNobodyAfterUnsubscribeHasReturned) {
  DiskEventLog log;
  for (int round = 0; round < 200; ++round) {
    int calls = 0;
    const uint64_t subscription = log.subscribe([&] { ++calls; });
    TestThread teller([&] {
      for (int i = 0; i < 20; ++i) log.tell({Kind::kRemovedEarlier, "event"});
    });
    log.unsubscribe(subscription);
    // The count is not atomic: the test is that no thread writes to it any more.
    const int before = calls;
    teller.join();
    EXPECT_EQ(calls, before);
  }
}

}  // namespace
}  // namespace ebbcache::test

// What happened to a tier: told once, to all who listen, and kept for those who come later.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "disk/disk_news_board.h"
#include "heap_faults.h"

namespace ebbcache::test {
namespace {

using Kind = DiskNews::Kind;

std::vector<std::string> sentencesAfter(const DiskNewsBoard& board, uint64_t& after) {
  std::vector<std::string> sentences;
  for (const DiskNews& news : board.after(after)) sentences.push_back(news.sentence);
  return sentences;
}

TEST(DiskNewsBoard, TellsTroubleOnceUntilItIsOver) {
  DiskNewsBoard board;
  int told = 0;
  board.subscribe([&] { ++told; });
  board.tell({Kind::kRecovered, "There was no trouble."});
  EXPECT_EQ(told, 0);
  board.tell({Kind::kTrouble, "one"});
  board.tell({Kind::kTrouble, "two"});
  EXPECT_TRUE(board.isInTrouble());
  board.tell({Kind::kDamaged, "three"});
  EXPECT_TRUE(board.isInTrouble());
  board.tell({Kind::kRecovered, "four"});
  EXPECT_FALSE(board.isInTrouble());
  board.tell({Kind::kRecovered, "five"});
  board.tell({Kind::kTrouble, "six"});
  uint64_t after = 0;
  EXPECT_EQ(sentencesAfter(board, after),
            (std::vector<std::string>{"one", "three", "four", "six"}));
  EXPECT_EQ(told, 4);
}

TEST(DiskNewsBoard, TellsDamageOnceInAWhile) {
  for (const auto damageEvery : {std::chrono::milliseconds(60'000), std::chrono::milliseconds(0)}) {
    DiskNewsBoard board(damageEvery);
    board.tell({Kind::kDamaged, "one"});
    board.tell({Kind::kDamaged, "two"});
    uint64_t after = 0;
    EXPECT_EQ(board.after(after).size(), damageEvery.count() > 0 ? 1U : 2U);
  }
}

TEST(DiskNewsBoard, GivesEachReaderWhatIsNewToIt) {
  DiskNewsBoard board;
  uint64_t after = 0;
  EXPECT_TRUE(board.after(after).empty());
  board.tell({Kind::kRemovedEarlier, "one"});
  EXPECT_EQ(sentencesAfter(board, after), std::vector<std::string>{"one"});
  EXPECT_TRUE(board.after(after).empty());
  board.tell({Kind::kRemovedEarlier, "two"});
  EXPECT_EQ(sentencesAfter(board, after), std::vector<std::string>{"two"});
  uint64_t later = 0;
  EXPECT_EQ(board.after(later).size(), 2U);
  EXPECT_EQ(later, after);
}

TEST(DiskNewsBoard, KeepsTheLastOfThem) {
  DiskNewsBoard board;
  uint64_t after = 0;
  for (int i = 0; i < 1000; ++i) board.tell({Kind::kRemovedEarlier, std::to_string(i)});
  const std::vector<std::string> sentences = sentencesAfter(board, after);
  ASSERT_EQ(sentences.size(), 64U);
  EXPECT_EQ(sentences.front(), "936");
  EXPECT_EQ(sentences.back(), "999");
  EXPECT_TRUE(board.after(after).empty());
}

TEST(DiskNewsBoard, CallsNobodyAfterUnsubscribeHasReturned) {
  DiskNewsBoard board;
  for (int round = 0; round < 200; ++round) {
    int calls = 0;
    const uint64_t subscription = board.subscribe([&] { ++calls; });
    TestThread teller([&] {
      for (int i = 0; i < 20; ++i) board.tell({Kind::kRemovedEarlier, "news"});
    });
    board.unsubscribe(subscription);
    // Not atomic: that nobody writes to it any more is what is tested.
    const int before = calls;
    teller.join();
    EXPECT_EQ(calls, before);
  }
}

}  // namespace
}  // namespace ebbcache::test

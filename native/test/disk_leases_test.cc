#include "disk/leases.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "file_tree.h"

namespace ebbcache::test {
namespace {

using Result = Leases::Result;

constexpr uint64_t kKey = 0xfedc'ba98'7654'3210;
constexpr uint64_t kOtherKey = 0x0123'4567'89ab'cdef;

class LeasesTest : public ::testing::Test {
 protected:
  std::string path() const { return files_.path("leases"); }

  const FileTree files_;
};

TEST_F(LeasesTest, ExcludeOneAnother) {
  Leases one(path());
  Leases other(path());
  EXPECT_EQ(one.acquire(kKey), Result::kHeld);
  EXPECT_EQ(other.acquire(kKey), Result::kBusy);
  EXPECT_EQ(other.acquire(kOtherKey), Result::kHeld);
  EXPECT_EQ(one.acquire(kOtherKey), Result::kBusy);
  one.release(kKey);
  EXPECT_EQ(other.acquire(kKey), Result::kHeld);
}

TEST_F(LeasesTest, ExcludeThemselves) {
  Leases leases(path());
  EXPECT_EQ(leases.acquire(kKey), Result::kHeld);
  EXPECT_EQ(leases.acquire(kKey), Result::kBusy);
  leases.release(kKey);
  EXPECT_EQ(leases.acquire(kKey), Result::kHeld);
}

TEST_F(LeasesTest, TakeAnyHash) {
  Leases leases(path());
  for (const uint64_t hash : {uint64_t{0}, uint64_t{1} << 63U, ~uint64_t{0}}) {
    EXPECT_EQ(leases.acquire(hash), Result::kHeld) << hash;
  }
  // Both hashes have the same byte.
  EXPECT_EQ(leases.acquire(1), Result::kBusy);
}

TEST_F(LeasesTest, EndWithTheirObject) {
  Leases other(path());
  {
    Leases one(path());
    EXPECT_EQ(one.acquire(kKey), Result::kHeld);
    EXPECT_EQ(other.acquire(kKey), Result::kBusy);
  }
  EXPECT_EQ(other.acquire(kKey), Result::kHeld);
}

TEST_F(LeasesTest, ReleasesNothingThatIsNotHeld) {
  Leases one(path());
  Leases other(path());
  EXPECT_EQ(one.acquire(kKey), Result::kHeld);
  other.release(kKey);
  EXPECT_EQ(other.acquire(kKey), Result::kBusy);
}

TEST_F(LeasesTest, GoOnInANewFileWhenTheirsWasRemoved) {
  Leases one(path());
  EXPECT_EQ(one.acquire(kKey), Result::kHeld);
  EXPECT_EQ(one.acquire(kOtherKey), Result::kHeld);
  // The old file keeps another name, so that no other file gets its number.
  files_.rename("leases", "old");
  one.release(kOtherKey);
  EXPECT_EQ(one.acquire(kOtherKey), Result::kHeld);
  Leases other(path());
  EXPECT_EQ(other.acquire(kOtherKey), Result::kBusy);
  EXPECT_EQ(one.acquire(kKey), Result::kBusy);
  one.release(kKey);
  EXPECT_EQ(one.acquire(kKey), Result::kHeld);
  EXPECT_EQ(other.acquire(kKey), Result::kBusy);
}

TEST_F(LeasesTest, AreUnavailableAsLongAsThereIsNoFile) {
  Leases leases(files_.path("later/leases"));
  EXPECT_EQ(leases.acquire(kKey), Result::kUnavailable);
  files_.write("later/other", "");
  EXPECT_EQ(leases.acquire(kKey), Result::kHeld);
  files_.rename("later", "before");
  EXPECT_EQ(leases.acquire(kOtherKey), Result::kUnavailable);
  leases.release(kKey);
}

TEST_F(LeasesTest, AreUnavailableInAFolder) {
  files_.write("leases/file", "");
  Leases leases(path());
  EXPECT_EQ(leases.acquire(kKey), Result::kUnavailable);
}

TEST_F(LeasesTest, AreOfOneThreadAtATime) {
  Leases one(path());
  Leases other(path());
  constexpr int kThreads = 4;
  constexpr int kTurns = 200;
  std::atomic<int> holders{0};
  std::atomic<int> clashes{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Leases& leases = i % 2 == 0 ? one : other;
      for (int turn = 0; turn < kTurns;) {
        if (leases.acquire(kKey) != Result::kHeld) {
          std::this_thread::yield();
          continue;
        }
        if (holders.fetch_add(1) != 0) ++clashes;
        std::this_thread::yield();
        holders.fetch_sub(1);
        leases.release(kKey);
        ++turn;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(clashes, 0);
}

}  // namespace
}  // namespace ebbcache::test

#include "files/file_lock.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "file_tree.h"

namespace ebbcache::test {
namespace {

class FileLockTest : public ::testing::Test {
 protected:
  std::string path(std::string_view name = "lock") const { return files_.path(name); }

  std::unique_ptr<FileLock> open() const {
    auto lock = std::make_unique<FileLock>();
    std::string why;
    EXPECT_TRUE(lock->open(path(), why)) << why;
    return lock;
  }

  static LockResult take(FileLock& lock, LockKind kind) {
    std::string why;
    const LockResult result = lock.tryLock(kind, why);
    EXPECT_EQ(why, "");
    return result;
  }

  const FileTree files_;
};

constexpr LockKind kShared = LockKind::kShared;
constexpr LockKind kExclusive = LockKind::kExclusive;

TEST_F(FileLockTest, ExclusiveIsOneAtATime) {
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(take(*one, kExclusive), LockResult::kHeld);
  EXPECT_EQ(take(*one, kExclusive), LockResult::kHeld);
  EXPECT_EQ(take(*other, kExclusive), LockResult::kBusy);
  EXPECT_EQ(take(*other, kShared), LockResult::kBusy);
  one->close();
  EXPECT_EQ(take(*other, kExclusive), LockResult::kHeld);
}

TEST_F(FileLockTest, SharedGoesWithShared) {
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(take(*one, kShared), LockResult::kHeld);
  EXPECT_EQ(take(*other, kShared), LockResult::kHeld);
}

TEST_F(FileLockTest, ConvertsInPlace) {
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(take(*one, kShared), LockResult::kHeld);
  EXPECT_EQ(take(*one, kExclusive), LockResult::kHeld);
  EXPECT_EQ(take(*other, kShared), LockResult::kBusy);
  EXPECT_EQ(take(*one, kShared), LockResult::kHeld);
  EXPECT_EQ(take(*other, kShared), LockResult::kHeld);
}

TEST_F(FileLockTest, AConversionThatFailsLeavesNone) {
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(take(*one, kShared), LockResult::kHeld);
  EXPECT_EQ(take(*other, kShared), LockResult::kHeld);
  EXPECT_EQ(take(*one, kExclusive), LockResult::kBusy);
  EXPECT_EQ(take(*other, kExclusive), LockResult::kHeld);
  EXPECT_EQ(take(*one, kShared), LockResult::kBusy);
}

TEST_F(FileLockTest, KeepsWhatTheFileHolds) {
  files_.write("lock", "text");
  const auto lock = open();
  EXPECT_EQ(take(*lock, kExclusive), LockResult::kHeld);
  EXPECT_EQ(std::filesystem::file_size(path()), 4U);
}

TEST_F(FileLockTest, SaysWhyItCannotBeOpened) {
  FileLock lock;
  std::string why;
  EXPECT_FALSE(lock.open(path("missing/lock"), why));
  EXPECT_FALSE(lock.isOpen());
  EXPECT_NE(why, "");
}

TEST_F(FileLockTest, RefusesAFolder) {
  FileLock lock;
  std::string why;
  EXPECT_FALSE(lock.open(files_.path(), why));
  EXPECT_NE(why, "");
}

TEST_F(FileLockTest, MayBeOpenedAndClosedAgain) {
  const auto lock = open();
  lock->close();
  lock->close();
  EXPECT_FALSE(lock->isOpen());
  std::string why;
  EXPECT_TRUE(lock->open(path(), why)) << why;
  EXPECT_EQ(take(*lock, kExclusive), LockResult::kHeld);
}

}  // namespace
}  // namespace ebbcache::test

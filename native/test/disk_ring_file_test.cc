#include "disk/ring_file.h"

#include <filesystem>
#include <string>

#include "disk_fixture.h"

namespace ebbcache::test {
namespace {

class RingFileTest : public DiskFolderTest {
 protected:
  std::unique_ptr<RingFile> open() { return openRing(*folder_); }

  static std::string readAt(const RingFile& ring, uint64_t at, size_t bytes) {
    std::string text(bytes, '?');
    const IoResult result = ring.read(at, {text.data(), bytes});
    EXPECT_EQ(result.error, IoError::kNone);
    text.resize(result.bytes);
    return text;
  }
  static void writeAt(RingFile& ring, uint64_t at, const std::string& text) {
    const IoResult result = ring.write(at, text);
    EXPECT_EQ(result.error, IoError::kNone);
    EXPECT_EQ(result.bytes, text.size());
  }
  static uint64_t sizeOf(const RingFile& ring) {
    uint64_t bytes = ~uint64_t{0};
    EXPECT_EQ(ring.size(bytes), IoError::kNone);
    return bytes;
  }

  const std::unique_ptr<RingFolder> folder_ = openFolder();
};

TEST_F(RingFileTest, ReadsWhatWasWritten) {
  const auto ring = open();
  EXPECT_FALSE(ring->isReadOnly());
  EXPECT_EQ(sizeOf(*ring), 0U);
  writeAt(*ring, 0, "0123456789");
  writeAt(*ring, 3, "abc");
  EXPECT_EQ(readAt(*ring, 0, 10), "012abc6789");
  EXPECT_EQ(readAt(*open(), 2, 5), "2abc6");
  EXPECT_EQ(sizeOf(*ring), 10U);
}

TEST_F(RingFileTest, EndsReadingAtTheEnd) {
  const auto ring = open();
  writeAt(*ring, 0, "0123456789");
  EXPECT_EQ(readAt(*ring, 8, 5), "89");
  EXPECT_EQ(readAt(*ring, 10, 5), "");
  EXPECT_EQ(readAt(*ring, 1000, 5), "");
}

TEST_F(RingFileTest, CutsAndExtends) {
  const auto ring = open();
  writeAt(*ring, 0, "0123456789");
  EXPECT_EQ(ring->resize(4), IoError::kNone);
  EXPECT_EQ(readAt(*ring, 0, 100), "0123");
  EXPECT_EQ(ring->resize(6), IoError::kNone);
  EXPECT_EQ(readAt(*ring, 0, 100), std::string("0123\0\0", 6));
  EXPECT_EQ(sizeOf(*ring), 6U);
  EXPECT_EQ(ring->sync(), IoError::kNone);
}

TEST_F(RingFileTest, ReachesBeyond32Bits) {
  constexpr uint64_t kFar = uint64_t{5} << 30U;
  const auto ring = open();
  // Where the system keeps no gaps in files, nothing is written.
  EXPECT_EQ(ring->resize(kFar + 4), IoError::kNone);
  EXPECT_EQ(sizeOf(*ring), kFar + 4);
  EXPECT_EQ(readAt(*ring, kFar, 100).size(), 4U);
}

TEST_F(RingFileTest, LocksOneWriterOut) {
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(one->tryLock(), RingFile::Lock::kHeld);
  EXPECT_EQ(one->tryLock(), RingFile::Lock::kHeld);
  EXPECT_EQ(other->tryLock(), RingFile::Lock::kBusy);
  one->unlock();
  EXPECT_EQ(other->tryLock(), RingFile::Lock::kHeld);
  EXPECT_EQ(one->tryLock(), RingFile::Lock::kBusy);
}

TEST_F(RingFileTest, GivesTheLockUpWithTheFile) {
  auto one = open();
  const auto other = open();
  EXPECT_EQ(one->tryLock(), RingFile::Lock::kHeld);
  one = nullptr;
  EXPECT_EQ(other->tryLock(), RingFile::Lock::kHeld);
}

TEST_F(RingFileTest, KeepsItsLockWhenAnotherCloses) {
  const auto one = open();
  EXPECT_EQ(one->tryLock(), RingFile::Lock::kHeld);
  // Opening the file tries the lock too.
  for (int i = 0; i < 2; ++i) EXPECT_EQ(open()->tryLock(), RingFile::Lock::kBusy);
}

TEST_F(RingFileTest, IsReadAndWrittenUnderTheLockOfAnother) {
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(one->tryLock(), RingFile::Lock::kHeld);
  writeAt(*other, 0, "text");
  EXPECT_EQ(readAt(*other, 0, 4), "text");
  EXPECT_EQ(other->resize(2), IoError::kNone);
}

TEST_F(RingFileTest, IsToldFromAnotherInItsPlace) {
  const auto ring = open();
  EXPECT_EQ(open()->identity(), ring->identity());
  EXPECT_EQ(folder_->ringIdentity(), ring->identity());
  // The old file keeps another name, so that no other file gets its number.
  files_.rename("cache/cache.ring", "old");
  EXPECT_EQ(folder_->ringIdentity(), std::nullopt);
  const auto other = open();
  EXPECT_NE(other->identity(), ring->identity());
  EXPECT_EQ(folder_->ringIdentity(), other->identity());
}

TEST_F(RingFileTest, WorksOnWhenItWasRemoved) {
  const auto ring = open();
  files_.remove("cache/cache.ring");
  writeAt(*ring, 0, "text");
  EXPECT_EQ(readAt(*ring, 0, 4), "text");
}

}  // namespace
}  // namespace ebbcache::test

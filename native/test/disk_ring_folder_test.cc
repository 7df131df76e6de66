#include "disk/ring_folder.h"

#include <filesystem>
#include <string>

#include "disk_fixture.h"
#include "files/file_lock.h"

namespace ebbcache::test {
namespace {

class RingFolderTest : public DiskFolderTest {
 protected:
  bool exists(const std::string& name) const {
    return std::filesystem::exists(files_.path("cache/" + name));
  }
  void writeEarlierVersion() const {
    for (const char* const name : {"data.mdb", "lock.mdb", "use.lock", "clean.json"}) {
      files_.write(std::string("cache/") + name, "earlier");
    }
  }
  /// Whether prepare() reports that it removed an earlier version.
  bool removesEarlier() const {
    bool removedEarlier = false;
    const FolderTrouble found = openRingFolder(dir())->prepare(removedEarlier);
    EXPECT_FALSE(found) << found.sentence;
    return removedEarlier;
  }
};

TEST_F(RingFolderTest, IsMadeWithThoseAboveIt) {
  const auto folder = openRingFolder(files_.path("a/b/c/"));
  EXPECT_FALSE(troubleOf(*folder));
  EXPECT_TRUE(std::filesystem::is_directory(files_.path("a/b/c")));
  EXPECT_EQ(folder->path(), files_.path("a/b/c/"));
  EXPECT_NE(openRing(*folder), nullptr);
}

TEST_F(RingFolderTest, IsMadeAgain) {
  const auto folder = openFolder();
  EXPECT_NE(openRing(*folder), nullptr);
  files_.remove("cache");
  EXPECT_EQ(ringTrouble(*folder).kind, Kind::kFailed);
  EXPECT_FALSE(troubleOf(*folder));
  EXPECT_NE(openRing(*folder), nullptr);
}

TEST_F(RingFolderTest, HasNoRingBeforeOneIsMade) {
  const auto folder = openFolder();
  EXPECT_EQ(openRing(*folder, Open::kExisting), nullptr);
  EXPECT_EQ(folder->ringIdentity(), std::nullopt);
  EXPECT_FALSE(exists("cache.ring"));
  EXPECT_NE(openRing(*folder), nullptr);
  EXPECT_EQ(std::filesystem::file_size(files_.path("cache/cache.ring")), 0U);
  EXPECT_NE(openRing(*folder, Open::kExisting), nullptr);
  files_.remove("cache");
  EXPECT_EQ(openRing(*folder, Open::kExisting), nullptr);
}

TEST_F(RingFolderTest, IsRefusedWhereAFileIs) {
  files_.write("cache", "text");
  const FolderTrouble found = trouble();
  EXPECT_EQ(found.kind, Kind::kFailed);
  EXPECT_EQ(found.sentence, dir() + " is not a folder. Choose another folder.");
  const auto below = openRingFolder(files_.path("cache/below"));
  EXPECT_EQ(troubleOf(*below).kind, Kind::kFailed);
  EXPECT_EQ(std::filesystem::file_size(files_.path("cache")), 4U);
}

TEST_F(RingFolderTest, IsRefusedByNamesThatNoneHas) {
  const std::string names[] = {"", files_.path("nul") + '\0' + "nul",
                               files_.path(std::string(100'000, 'n'))};
  for (const std::string& name : names) {
    const auto folder = openRingFolder(name);
    const FolderTrouble found = troubleOf(*folder);
    EXPECT_EQ(found.kind, Kind::kFailed) << name;
    EXPECT_NE(found.sentence.find(" Choose another folder."), std::string::npos) << found.sentence;
  }
  EXPECT_TRUE(std::filesystem::is_empty(files_.path()));
}

TEST_F(RingFolderTest, RefusesAFolderInPlaceOfTheRing) {
  files_.write("cache/cache.ring/file", "text");
  const auto folder = openFolder();
  const std::string sentence = folder->path() +
                               "/cache.ring is not a plain file. Remove it, or choose another "
                               "folder.";
  for (const Open how : {Open::kExisting, Open::kCreate}) {
    const FolderTrouble found = ringTrouble(*folder, how);
    EXPECT_EQ(found.kind, Kind::kFailed);
    EXPECT_EQ(found.sentence, sentence);
  }
}

TEST_F(RingFolderTest, KeepsTheRingThatIsThere) {
  files_.write("cache/cache.ring", "text");
  const auto folder = openFolder();
  const auto ring = openRing(*folder);
  char text[4];
  EXPECT_EQ(ring->read(0, {text, 4}).bytes, 4U);
  EXPECT_EQ(std::string(text, 4), "text");
}

TEST_F(RingFolderTest, RemovesAnEarlierVersion) {
  writeEarlierVersion();
  files_.write("cache/other", "text");
  EXPECT_TRUE(removesEarlier());
  EXPECT_FALSE(exists("data.mdb") || exists("lock.mdb") || exists("use.lock") ||
               exists("clean.json"));
  EXPECT_TRUE(exists("other"));
  EXPECT_FALSE(removesEarlier());
}

TEST_F(RingFolderTest, RemovesWhatAnEarlierVersionLeftInPart) {
  files_.write("cache/use.lock", "");
  files_.write("cache/lock.mdb", "");
  EXPECT_TRUE(removesEarlier());
  EXPECT_FALSE(exists("lock.mdb") || exists("use.lock"));
}

TEST_F(RingFolderTest, LeavesADatabaseOfAnotherProgram) {
  files_.write("cache/data.mdb", "");
  files_.write("cache/lock.mdb", "");
  files_.write("cache/clean.json", "");
  EXPECT_FALSE(removesEarlier());
  EXPECT_TRUE(exists("data.mdb") && exists("lock.mdb") && exists("clean.json"));
}

TEST_F(RingFolderTest, LeavesALockWithoutADatabase) {
  files_.write("cache/use.lock", "");
  EXPECT_FALSE(removesEarlier());
  EXPECT_TRUE(exists("use.lock"));
}

TEST_F(RingFolderTest, LeavesAllWhereAFolderHasAFilesName) {
  writeEarlierVersion();
  files_.remove("cache/lock.mdb");
  files_.write("cache/lock.mdb/file", "");
  EXPECT_FALSE(removesEarlier());
  EXPECT_TRUE(exists("data.mdb") && exists("lock.mdb/file") && exists("use.lock"));
}

TEST_F(RingFolderTest, LeavesAnEarlierVersionInUse) {
  writeEarlierVersion();
  {
    FileLock use;
    std::string why;
    ASSERT_TRUE(use.open(files_.path("cache/use.lock"), why)) << why;
    ASSERT_EQ(use.tryLock(LockKind::kShared, why), LockResult::kHeld) << why;
    EXPECT_FALSE(removesEarlier());
    EXPECT_TRUE(exists("data.mdb") && exists("lock.mdb") && exists("use.lock"));
  }
  EXPECT_TRUE(removesEarlier());
}

}  // namespace
}  // namespace ebbcache::test

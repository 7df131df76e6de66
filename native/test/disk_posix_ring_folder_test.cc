// Folders and files of several users, with their modes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "disk_fixture.h"
#include "posix_child.h"

#define SKIP_UNLESS_ROOT() \
  if (::geteuid() != 0) GTEST_SKIP() << "Only root can give files to another user."

namespace ebbcache::test {
namespace {

constexpr uid_t kOther = 12345;

class PosixRingFolderTest : public DiskFolderTest {
 protected:
  std::string in(const std::string& name) const { return files_.path("cache/" + name); }
  std::string privateFolder() const {
    return files_.path("cache/ebbcache-" + std::to_string(::geteuid()));
  }
  void makeFolder(mode_t mode) const {
    std::filesystem::create_directory(dir());
    ASSERT_EQ(::chmod(dir().c_str(), mode), 0);
  }
  static mode_t modeOf(const std::string& path) {
    struct stat found = {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777U;
  }
  static void giveAway(const std::string& path) {
    ASSERT_EQ(::lchown(path.c_str(), kOther, kOther), 0) << path;
  }
  static std::string belongsTo(const std::string& path, uid_t owner) {
    return path + " belongs to user " + std::to_string(owner) + ", and this process is user " +
           std::to_string(::geteuid()) + "'s. Choose another folder.";
  }
};

TEST_F(PosixRingFolderTest, IsOfItsUserAlone) {
  const auto folder = openRingFolder(files_.path("cache/below"));
  EXPECT_FALSE(troubleOf(*folder));
  EXPECT_NE(openRing(*folder), nullptr);
  EXPECT_EQ(modeOf(files_.path("cache")), 0700U);
  EXPECT_EQ(modeOf(files_.path("cache/below")), 0700U);
  EXPECT_EQ(modeOf(files_.path("cache/below/cache.ring")), 0600U);
}

TEST_F(PosixRingFolderTest, IsUsedAsItIsWhereOthersMayReadIt) {
  makeFolder(0775);
  EXPECT_EQ(openFolder()->path(), dir());
  EXPECT_EQ(modeOf(dir()), 0775U);
}

TEST_F(PosixRingFolderTest, IsPrivateWhereAnybodyMayWrite) {
  for (const mode_t mode : {0777U, 01777U}) {
    makeFolder(mode);
    const auto folder = openFolder();
    EXPECT_EQ(folder->path(), privateFolder());
    EXPECT_EQ(modeOf(privateFolder()), 0700U);
    EXPECT_NE(openRing(*folder), nullptr);
    EXPECT_TRUE(std::filesystem::exists(privateFolder() + kRingName));
    EXPECT_EQ(modeOf(dir()), mode);
    // The folder is used again.
    EXPECT_NE(openRing(*openFolder(), Open::kExisting), nullptr);
    files_.remove("cache");
  }
}

TEST_F(PosixRingFolderTest, ClosesThePrivateFolderToOthers) {
  makeFolder(0777);
  std::filesystem::create_directory(privateFolder());
  ASSERT_EQ(::chmod(privateFolder().c_str(), 0777), 0);
  EXPECT_EQ(openFolder()->path(), privateFolder());
  EXPECT_EQ(modeOf(privateFolder()), 0700U);
}

TEST_F(PosixRingFolderTest, RefusesALinkInPlaceOfThePrivateFolder) {
  makeFolder(0777);
  std::filesystem::create_directory(files_.path("elsewhere"));
  std::filesystem::create_directory_symlink(files_.path("elsewhere"), privateFolder());
  const FolderTrouble found = trouble();
  EXPECT_EQ(found.kind, Kind::kFailed);
  EXPECT_EQ(found.sentence, privateFolder() + " is not a folder. Choose another folder.");
}

TEST_F(PosixRingFolderTest, RefusesAPrivateFolderOfAnother) {
  SKIP_UNLESS_ROOT();
  makeFolder(0777);
  std::filesystem::create_directory(privateFolder());
  giveAway(privateFolder());
  const FolderTrouble found = trouble();
  EXPECT_EQ(found.kind, Kind::kDenied);
  EXPECT_EQ(found.sentence, belongsTo(privateFolder(), kOther));
}

TEST_F(PosixRingFolderTest, IsPrivateInOneOfAnotherThatItMayWriteTo) {
  SKIP_UNLESS_ROOT();
  makeFolder(0755);
  giveAway(dir());
  EXPECT_EQ(openFolder()->path(), privateFolder());
}

TEST_F(PosixRingFolderTest, IsRefusedInOneOfAnotherThatItMayNotWriteTo) {
  SKIP_UNLESS_ROOT();
  makeFolder(0755);
  expectInChild([&] {
    ASSERT_EQ(::seteuid(kOther), 0);
    const FolderTrouble found = trouble();
    EXPECT_EQ(found.kind, Kind::kDenied);
    EXPECT_EQ(found.sentence, belongsTo(dir(), 0));
    const auto missing = openRingFolder(files_.path("missing"));
    EXPECT_EQ(troubleOf(*missing).kind, Kind::kDenied);
  });
  // The private folder may exist already.
  const std::string prepared = in("ebbcache-12345");
  std::filesystem::create_directory(prepared);
  giveAway(prepared);
  expectInChild([&] {
    ASSERT_EQ(::seteuid(kOther), 0);
    const auto folder = openFolder();
    EXPECT_EQ(folder->path(), prepared);
    EXPECT_NE(openRing(*folder), nullptr);
  });
}

TEST_F(PosixRingFolderTest, IsFoundThroughALink) {
  std::filesystem::create_directory(files_.path("elsewhere"));
  std::filesystem::create_directory_symlink("elsewhere", dir());
  EXPECT_NE(openRing(*openFolder()), nullptr);
  EXPECT_TRUE(std::filesystem::exists(files_.path("elsewhere/cache.ring")));
  files_.remove("elsewhere");
  EXPECT_EQ(trouble().kind, Kind::kFailed);
}

TEST_F(PosixRingFolderTest, RefusesARingOfAnother) {
  SKIP_UNLESS_ROOT();
  const auto folder = openFolder();
  EXPECT_NE(openRing(*folder), nullptr);
  giveAway(in("cache.ring"));
  // Root may open it.
  for (const Open how : {Open::kExisting, Open::kCreate}) {
    const FolderTrouble found = ringTrouble(*folder, how);
    EXPECT_EQ(found.kind, Kind::kDenied);
    EXPECT_EQ(found.sentence, belongsTo(in("cache.ring"), kOther));
  }
  // Another user may not.
  ASSERT_EQ(::chown(in("cache.ring").c_str(), 0, 0), 0);
  giveAway(dir());
  expectInChild([&] {
    ASSERT_EQ(::seteuid(kOther), 0);
    const FolderTrouble found = ringTrouble(*folder);
    EXPECT_EQ(found.kind, Kind::kDenied);
    EXPECT_EQ(found.sentence, belongsTo(in("cache.ring"), 0));
  });
}

TEST_F(PosixRingFolderTest, RefusesALinkAndAPipeInPlaceOfTheRing) {
  const auto folder = openFolder();
  files_.write("target", "text");
  std::filesystem::create_symlink(files_.path("target"), in("cache.ring"));
  EXPECT_EQ(ringTrouble(*folder).kind, Kind::kFailed);
  // No other open file has this identity.
  EXPECT_NE(folder->ringIdentity(), std::nullopt);
  files_.remove("cache/cache.ring");
  ASSERT_EQ(::mkfifo(in("cache.ring").c_str(), 0600), 0);
  const FolderTrouble found = ringTrouble(*folder);
  EXPECT_EQ(found.kind, Kind::kFailed);
  EXPECT_EQ(found.sentence,
            in("cache.ring") + " is not a plain file. Remove it, or choose another folder.");
}

TEST_F(PosixRingFolderTest, LeavesAnEarlierVersionThatIsNotAllItsOwn) {
  for (const char* const name : {"data.mdb", "use.lock"}) {
    for (const char* const other : {"data.mdb", "use.lock"})
      files_.write("cache/" + std::string(other), "");
    files_.rename("cache/" + std::string(name), "target");
    std::filesystem::create_symlink(files_.path("target"), in(name));
    bool removedEarlier = true;
    EXPECT_FALSE(openRingFolder(dir())->prepare(removedEarlier));
    EXPECT_FALSE(removedEarlier);
    EXPECT_TRUE(std::filesystem::exists(in("data.mdb")) && std::filesystem::exists(in("use.lock")));
    files_.remove("cache");
  }
  SKIP_UNLESS_ROOT();
  for (const char* const name : {"data.mdb", "use.lock"})
    files_.write("cache/" + std::string(name), "");
  giveAway(in("data.mdb"));
  bool removedEarlier = true;
  EXPECT_FALSE(openRingFolder(dir())->prepare(removedEarlier));
  EXPECT_FALSE(removedEarlier);
  EXPECT_TRUE(std::filesystem::exists(in("data.mdb")));
}

}  // namespace
}  // namespace ebbcache::test

// The states of files that exist only on POSIX systems.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "file_tree.h"
#include "files/file_state.h"

namespace ebbcache::testing {
namespace {

void setModified(const std::string& path, timespec time) {
  const timespec both[2] = {time, time};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), both, 0), 0) << path;
}

TEST(FileStateOnPosix, TellsNanosecondsApart) {
  const FileTree tree;
  tree.write("file", "12345");
  setModified(tree.path("file"), {1'700'000'000, 123'456'789});
  const FileState before = stateOfFile(tree.path("file"));
  // 1,700,000,000,123,456,789 in hexadecimal, the lowest byte first.
  EXPECT_EQ(before.bytes().substr(16, 8), "\x15\xCD\x85\x3D\xFE\x9C\x97\x17");
  setModified(tree.path("file"), {1'700'000'000, 123'456'790});
  const FileState after = stateOfFile(tree.path("file"));
  EXPECT_NE(after, before);
  EXPECT_EQ(after.bytes().substr(16, 8), "\x16\xCD\x85\x3D\xFE\x9C\x97\x17");
  setModified(tree.path("file"), {1'700'000'000, 123'456'789});
  EXPECT_EQ(stateOfFile(tree.path("file")), before);
}

TEST(FileStateOnPosix, TakesTimesBefore1970) {
  const FileTree tree;
  tree.write("file", "12345");
  setModified(tree.path("file"), {-1, 999'999'999});
  EXPECT_EQ(stateOfFile(tree.path("file")).bytes().substr(16, 8), std::string(8, '\xff'));
}

TEST(FileStateOnPosix, IsThatOfTheFileThatALinkLeadsTo) {
  const FileTree tree;
  tree.write("file", "12345");
  std::filesystem::create_symlink("file", tree.path("link"));
  EXPECT_EQ(stateOfFile(tree.path("link")), stateOfFile(tree.path("file")));
  tree.remove("file");
  EXPECT_EQ(stateOfFile(tree.path("link")), FileState::absent());
}

TEST(FileStateOnPosix, IsNoneOfALoopOfLinks) {
  const FileTree tree;
  std::filesystem::create_symlink("b", tree.path("a"));
  std::filesystem::create_symlink("a", tree.path("b"));
  EXPECT_EQ(stateOfFile(tree.path("a")), FileState::none(NoState::kLoop));
}

TEST(FileStateOnPosix, IsNoneOfAFifoAndDoesNotWaitForAWriter) {
  const FileTree tree;
  ASSERT_EQ(::mkfifo(tree.path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(stateOfFile(tree.path("fifo")), FileState::none(NoState::kSpecial));
}

TEST(FileStateOnPosix, IsNoneOfADevice) {
  EXPECT_EQ(stateOfFile("/dev/null"), FileState::none(NoState::kSpecial));
}

TEST(FileStateOnPosix, IsNoneOfASocket) {
  const FileTree tree;
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_GE(listener, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = tree.path("s");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  const int bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address);
  EXPECT_EQ(bound, 0);
  EXPECT_EQ(stateOfFile(path), FileState::none(NoState::kSpecial));
  ::close(listener);
}

TEST(FileStateOnPosix, IsNoneOfAPathOfAPageOrMore) {
  const FileTree tree;
  tree.write("file", "12345");
  const std::string folder = tree.path() + "/";
  constexpr std::string_view kFile = "file";
  std::string path = folder;
  while (path.size() + 2 + kFile.size() <= 4096) path += "./";
  path.insert(folder.size(), 4096 - kFile.size() - path.size(), '/');
  path += kFile;
  ASSERT_EQ(path.size(), 4096U);
  EXPECT_EQ(stateOfFile(path), FileState::none(NoState::kTooLong));
  EXPECT_EQ(stateOfFile(folder + std::string(256, 'x')), FileState::none(NoState::kTooLong));
}

TEST(FileStateOnPosix, IsNoneOfAFileInAFolderThatMayNotBeEntered) {
  const FileTree tree;
  tree.write("locked/file", "12345");
  ASSERT_EQ(::chmod(tree.path("locked").c_str(), 0), 0);
  // The superuser may enter any folder.
  const uid_t user = ::geteuid();
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(::seteuid(user == 0 ? kNobody : user), 0);
  const FileState state = stateOfFile(tree.path("locked/file"));
  ASSERT_EQ(::seteuid(user), 0);
  ASSERT_EQ(::chmod(tree.path("locked").c_str(), 0700), 0);
  EXPECT_EQ(state, FileState::none(NoState::kForbidden));
}

}  // namespace
}  // namespace ebbcache::testing

#include "files/file_state.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "file_tree.h"

namespace ebbcache::testing {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

uint64_t numberAt(const FileState& state, size_t at, size_t bytes) {
  uint64_t number = 0;
  for (size_t i = bytes; i-- > 0;) {
    number = number << 8 | static_cast<uint8_t>(state.bytes()[at + i]);
  }
  return number;
}

TEST(FileState, HasTheLayoutThatItsHeaderDraws) {
  FileFacts facts;
  facts.volume = 0x04030201;
  facts.size = 0x1817161514131211;
  facts.modifiedNs = -2;
  facts.inode = 0x3837363534333231;
  EXPECT_EQ(FileState::regular(facts).bytes(),
            std::string_view("\x02\0\0\0\x01\x02\x03\x04\x11\x12\x13\x14\x15\x16\x17\x18"
                             "\xfe\xff\xff\xff\xff\xff\xff\xff\x31\x32\x33\x34\x35\x36\x37\x38",
                             32));
  EXPECT_EQ(FileState::absent().bytes(), std::string(1, '\x01') + std::string(31, '\0'));
  EXPECT_EQ(FileState::none(NoState::kTooLong).bytes(),
            std::string("\0\x05", 2) + std::string(30, '\0'));
}

TEST(FileState, IsOfTheFileThatIsThere) {
  const FileTree tree;
  tree.write("file", "12345");
  const FileState state = stateOfFile(tree.path("file"));
  EXPECT_EQ(state.kind(), FileKind::kRegular);
  EXPECT_EQ(state.why(), NoState::kNone);
  EXPECT_EQ(numberAt(state, 8, 8), 5U);
  EXPECT_NE(numberAt(state, 16, 8), 0U);
  EXPECT_NE(numberAt(state, 24, 8), 0U);
  EXPECT_EQ(state, stateOfFile(tree.path("file")));
  EXPECT_EQ(state, stateOfFile(tree.path("./file")));
}

TEST(FileState, IsAnotherWhenTheSizeChanges) {
  const FileTree tree;
  tree.write("file", "12345");
  const FileState before = stateOfFile(tree.path("file"));
  const auto modified = std::filesystem::last_write_time(tree.path("file"));
  tree.write("file", "123456");
  std::filesystem::last_write_time(tree.path("file"), modified);
  EXPECT_NE(stateOfFile(tree.path("file")), before);
}

TEST(FileState, IsAnotherWhenAFileOfTheSameSizeAndTimeTakesItsPlace) {
  const FileTree tree;
  tree.write("file", "12345");
  tree.write("other", "54321");
  const auto modified = std::filesystem::last_write_time(tree.path("file"));
  std::filesystem::last_write_time(tree.path("other"), modified);
  const FileState before = stateOfFile(tree.path("file"));
  tree.rename("other", "file");
  const FileState after = stateOfFile(tree.path("file"));
  EXPECT_NE(after, before);
  EXPECT_EQ(after.bytes().substr(0, 24), before.bytes().substr(0, 24)) << "but for the inode";
}

TEST(FileState, IsThatOfSomethingAbsent) {
  const FileTree tree;
  tree.write("file", "12345");
  EXPECT_EQ(stateOfFile(tree.path("nothing")), FileState::absent());
  EXPECT_EQ(stateOfFile(tree.path("no/folder/at/all")), FileState::absent());
  EXPECT_EQ(stateOfFile(tree.path("file/below")), FileState::absent());
  EXPECT_EQ(stateOfFile(""), FileState::absent());
}

TEST(FileState, IsNoneOfAFolder) {
  const FileTree tree;
  EXPECT_EQ(stateOfFile(tree.path()), FileState::none(NoState::kFolder));
  EXPECT_EQ(stateOfFile("."), FileState::none(NoState::kFolder));
}

TEST(FileState, IsNoneOfAPathWithANul) {
  const FileTree tree;
  tree.write("file", "12345");
  const std::string path = tree.path("file") + std::string("\0tail", 5);
  EXPECT_EQ(stateOfFile(path), FileState::none(NoState::kHasNul));
}

TEST(FileState, IsNoneOfAPathThatNoSystemTakes) {
  EXPECT_EQ(stateOfFile(std::string(1 << 20, 'x')), FileState::none(NoState::kTooLong));
}

TEST(FileState, DoubtsThatAPathWithAReplacementCharacterIsAbsent) {
  const FileTree tree;
  const std::string path = tree.path("caf") + std::string(kReplacement) + ".jpg";
  EXPECT_EQ(stateOfFile(path), FileState::none(NoState::kNotUtf8));
  EXPECT_EQ(stateOfFile(path + "/below"), FileState::none(NoState::kNotUtf8));
}

TEST(FileState, IsOfAFileThatHasAReplacementCharacterInItsName) {
  const FileTree tree;
  const std::string path = tree.path("caf") + std::string(kReplacement) + ".jpg";
  tree.write("written", "12345");
  std::filesystem::rename(tree.path("written"), std::filesystem::u8path(path));
  EXPECT_EQ(stateOfFile(path).kind(), FileKind::kRegular);
}

TEST(FileState, IsFoundUnderANameOfAnyScript) {
  const FileTree tree;
  const std::string path = tree.path("\xE5\x86\x99\xE7\x9C\x9F-\xF0\x9F\x93\xB7.jpg");
  tree.write("written", "12345");
  std::filesystem::rename(tree.path("written"), std::filesystem::u8path(path));
  EXPECT_EQ(stateOfFile(path).kind(), FileKind::kRegular);
  EXPECT_EQ(numberAt(stateOfFile(path), 8, 8), 5U);
}

}  // namespace
}  // namespace ebbcache::testing

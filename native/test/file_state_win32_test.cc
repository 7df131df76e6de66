// The states of files on Windows.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <gtest/gtest.h>
#include <windows.h>

#include <filesystem>
#include <string>
#include <vector>

#include "file_tree.h"
#include "files/file_state.h"

namespace ebbcache::testing {
namespace {

/// The path in the form that the system takes whatever its length.
std::wstring marked(const std::string& path) {
  return L"\\\\?\\" + std::filesystem::path(path).wstring();
}

TEST(FileStateOnWindows, IsOfAFileDeeperThanMaxPath) {
  const FileTree tree;
  const std::string folder(100, 'f');
  std::vector<std::string> folders{tree.path("f")};
  for (int i = 0; i < 4; ++i) folders.push_back(folders.back() + "\\" + folder);
  for (const std::string& each : folders) {
    ASSERT_TRUE(::CreateDirectoryW(marked(each).c_str(), nullptr)) << ::GetLastError();
  }
  const std::string path = folders.back() + "\\file";
  const HANDLE file =
      ::CreateFileW(marked(path).c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, 0, nullptr);
  ASSERT_NE(file, INVALID_HANDLE_VALUE) << ::GetLastError();
  // The file is open for writing, and shared with nobody.
  EXPECT_EQ(stateOfFile(path).kind(), FileKind::kRegular);
  ::CloseHandle(file);
  EXPECT_EQ(stateOfFile(path), stateOfFile("\\\\?\\" + path));
  EXPECT_EQ(stateOfFile(path + "s"), FileState::absent());
  // The tree's own removal cannot handle such paths everywhere.
  ::DeleteFileW(marked(path).c_str());
  for (auto each = folders.rbegin(); each != folders.rend(); ++each) {
    ::RemoveDirectoryW(marked(*each).c_str());
  }
}

TEST(FileStateOnWindows, TellsTicksApart) {
  const FileTree tree;
  tree.write("file", "12345");
  const HANDLE file = ::CreateFileA(tree.path("file").c_str(), FILE_WRITE_ATTRIBUTES, 0, nullptr,
                                    OPEN_EXISTING, 0, nullptr);
  ASSERT_NE(file, INVALID_HANDLE_VALUE) << ::GetLastError();
  FILETIME time{0x12345678, 0x01d9'0000};
  ASSERT_TRUE(::SetFileTime(file, nullptr, nullptr, &time));
  const FileState before = stateOfFile(tree.path("file"));
  ++time.dwLowDateTime;
  ASSERT_TRUE(::SetFileTime(file, nullptr, nullptr, &time));
  EXPECT_NE(stateOfFile(tree.path("file")), before);
  ::CloseHandle(file);
}

TEST(FileStateOnWindows, IsNoneOfADevice) {
  EXPECT_EQ(stateOfFile("\\\\.\\NUL"), FileState::none(NoState::kSpecial));
}

TEST(FileStateOnWindows, IsThatOfSomethingAbsentWhereNoNameIsValid) {
  const FileTree tree;
  EXPECT_EQ(stateOfFile(tree.path("a<b>c")), FileState::absent());
}

}  // namespace
}  // namespace ebbcache::testing

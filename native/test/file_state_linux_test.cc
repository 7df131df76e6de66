// Linux allows paths of 4,095 bytes.
#include <gtest/gtest.h>

#include <string>

#include "file_tree.h"
#include "files/file_state.h"

namespace ebbcache::testing {
namespace {

TEST(FileStateOnLinux, IsOfALongestPath) {
  const FileTree tree;
  tree.write("file", "12345");
  std::string path = tree.path() + "/";
  path.append(4095 - path.size() - 4, '/').append("file");
  ASSERT_EQ(path.size(), 4095U);
  EXPECT_EQ(stateOfFile(path), stateOfFile(tree.path("file")));
  EXPECT_EQ(stateOfFile("/" + path), FileState::none(NoState::kTooLong));
}

}  // namespace
}  // namespace ebbcache::testing

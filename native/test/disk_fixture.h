// A folder of a disk tier within a folder that the test removes.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "disk/ring_folder.h"
#include "file_tree.h"

namespace ebbcache::test {

class DiskFolderTest : public ::testing::Test {
 protected:
  using Open = RingFolder::Open;
  using Kind = FolderTrouble::Kind;

  std::string dir() const { return files_.path("cache"); }

  /// Returns the trouble that prepare() finds with a folder.
  static FolderTrouble troubleOf(RingFolder& folder) {
    bool removedEarlier = false;
    return folder.prepare(removedEarlier);
  }
  FolderTrouble trouble() const { return troubleOf(*openRingFolder(dir())); }

  std::unique_ptr<RingFolder> openFolder() const {
    auto folder = openRingFolder(dir());
    const FolderTrouble found = troubleOf(*folder);
    EXPECT_FALSE(found) << found.sentence;
    return folder;
  }

  static std::unique_ptr<RingFile> openRing(RingFolder& folder, Open how = Open::kCreate) {
    FolderTrouble found;
    auto ring = folder.openRing(how, found);
    EXPECT_FALSE(found) << found.sentence;
    return ring;
  }
  static FolderTrouble ringTrouble(RingFolder& folder, Open how = Open::kCreate) {
    FolderTrouble found;
    EXPECT_EQ(folder.openRing(how, found), nullptr);
    return found;
  }

  const FileTree files_;
};

}  // namespace ebbcache::test

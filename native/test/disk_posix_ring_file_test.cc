// The ring's file where the process may not write to it, or not beyond a size.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "disk/writer_thread.h"
#include "disk_fixture.h"
#include "posix_child.h"

namespace ebbcache::test {
namespace {

class PosixRingFileTest : public DiskFolderTest {};

TEST_F(PosixRingFileTest, HasNoRoomBeyondTheLimitOfAFilesSize) {
  expectInChild([&] {
    constexpr rlim_t kLimit = 1000;
    const rlimit limit = {kLimit, RLIM_INFINITY};
    const auto folder = openFolder();
    const auto ring = openRing(*folder);
    // The signal may be ignored already.
    std::signal(SIGXFSZ, SIG_DFL);
    prepareWriterThread();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    const IoResult result = ring->write(0, std::string(2000, 'x'));
    EXPECT_EQ(result.bytes, kLimit);
    EXPECT_EQ(result.error, IoError::kNoSpace);
    EXPECT_EQ(ring->write(kLimit, "x").error, IoError::kNoSpace);
    EXPECT_EQ(ring->resize(2000), IoError::kNoSpace);
    EXPECT_EQ(ring->write(0, "y").error, IoError::kNone);
  });
}

TEST_F(PosixRingFileTest, IsReadWhereItMayNotBeWritten) {
  const auto folder = openFolder();
  ASSERT_EQ(openRing(*folder)->write(0, "text").bytes, 4U);
  const std::string path = folder->path() + kRingName;
  ASSERT_EQ(::chmod(path.c_str(), S_IRUSR), 0);
  expectInChild([&] {
    if (::geteuid() == 0) {
      // No mode keeps root from writing.
      constexpr uid_t kOther = 12345;
      ASSERT_EQ(::chown(path.c_str(), kOther, kOther), 0);
      ASSERT_EQ(::chmod(dir().c_str(), S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH), 0);
      ASSERT_EQ(::seteuid(kOther), 0);
    }
    for (const Open how : {Open::kExisting, Open::kCreate}) {
      const auto ring = openRing(*folder, how);
      ASSERT_NE(ring, nullptr);
      EXPECT_TRUE(ring->isReadOnly());
      char text[4];
      EXPECT_EQ(ring->read(0, {text, 4}).bytes, 4U);
      EXPECT_EQ(ring->write(0, "x").error, IoError::kDenied);
      EXPECT_EQ(ring->resize(0), IoError::kDenied);
      EXPECT_EQ(ring->sync(), IoError::kNone);
    }
  });
}

TEST_F(PosixRingFileTest, FreesTheLockOfAProcessThatWasKilled) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const auto folder = openFolder();
  const pid_t child = forkInto([&] {
    const auto ring = openRing(*folder);
    if (ring->tryLock() != RingFile::Lock::kHeld) ::_exit(EXIT_FAILURE);
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  });
  ::close(ready[1]);
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  const auto ring = openRing(*folder);
  EXPECT_EQ(ring->tryLock(), RingFile::Lock::kBusy);
  ::kill(child, SIGKILL);
  EXPECT_EQ(endOf(child), "Signal 9 ended it.");
  EXPECT_EQ(ring->tryLock(), RingFile::Lock::kHeld);
}

}  // namespace
}  // namespace ebbcache::test

// The leases of a process that ends.
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "disk/leases.h"
#include "file_tree.h"
#include "posix_child.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kKey = 0xfedc'ba98'7654'3210;

TEST(PosixLeases, AreFreeOnceTheirProcessWasKilled) {
  const FileTree files;
  Leases leases(files.path("leases"));
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = forkInto([&] {
    Leases own(files.path("leases"));
    if (own.acquire(kKey) != Leases::Result::kHeld) ::_exit(EXIT_FAILURE);
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  });
  ::close(ready[1]);
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  EXPECT_EQ(leases.acquire(kKey), Leases::Result::kBusy);
  ::kill(child, SIGKILL);
  EXPECT_EQ(endOf(child), "Signal 9 ended it.");
  EXPECT_EQ(leases.acquire(kKey), Leases::Result::kHeld);
}

TEST(PosixLeases, AreUnavailableThroughALink) {
  const FileTree files;
  files.write("other", "");
  std::filesystem::create_symlink("other", files.path("leases"));
  Leases leases(files.path("leases"));
  EXPECT_EQ(leases.acquire(kKey), Leases::Result::kUnavailable);
}

}  // namespace
}  // namespace ebbcache::test

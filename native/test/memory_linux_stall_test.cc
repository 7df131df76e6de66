// Triggers of the real kernel, and real stalls.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "memory/linux/psi_source.h"
#include "memory/linux/psi_trigger.h"
#include "memory/linux/stall_watch.h"
#include "memory_linux_machine.h"

namespace ebbcache {
namespace {

using std::chrono::milliseconds;

/// A cgroup below `parent`, which is removed at the end.
class TestGroup {
 public:
  explicit TestGroup(const std::string& parent)
      : name_("ebbcache-test-" + std::to_string(::getpid())), folder_(parent + "/" + name_) {
    std::error_code failure;
    made_ = std::filesystem::create_directory(folder_, failure);
  }
  ~TestGroup() { remove(); }
  TestGroup(const TestGroup&) = delete;
  TestGroup& operator=(const TestGroup&) = delete;

  void remove() {
    if (made_) ::rmdir(folder_.c_str());
    made_ = false;
  }
  bool isMade() const { return made_; }
  const std::string& name() const { return name_; }
  std::string path(const std::string& file) const { return folder_ + "/" + file; }
  bool write(const std::string& file, const std::string& text) const {
    std::ofstream stream(path(file));
    stream << text << std::flush;
    return stream.good();
  }

 private:
  std::string name_;
  std::string folder_;
  bool made_ = false;
};

/// The folder of this process's group in the v1 hierarchy with the memory controller.
std::string ownMemoryGroupV1() {
  std::ifstream memberships("/proc/self/cgroup");
  std::string line;
  while (std::getline(memberships, line)) {
    const size_t at = line.find(":memory:");
    if (at != std::string::npos) return "/sys/fs/cgroup/memory" + line.substr(at + 8);
  }
  return "/nowhere";
}

TEST(LinuxStall, ArmsATriggerOnTheMachine) {
  const Descriptor trigger = openStallTrigger("/proc/pressure/memory");
  if (!trigger.isOpen()) GTEST_SKIP() << "This kernel has no PSI trigger for this user.";
  pollfd source{trigger.number(), POLLPRI, 0};
  ASSERT_GE(::poll(&source, 1, 0), 0);
  EXPECT_EQ(source.revents & (POLLERR | POLLNVAL), 0);
}

TEST(LinuxStall, DropsTheTriggerOfAGroupThatIsRemoved) {
  TestGroup group("/sys/fs/cgroup/unified");
  if (!group.isMade()) GTEST_SKIP() << "Groups of /sys/fs/cgroup/unified cannot be made here.";
  PsiSource source(group.path("memory.pressure"));
  source.arm();
  if (source.descriptor() < 0) GTEST_SKIP() << "This kernel has no PSI trigger for groups.";
  group.remove();
  pollfd found{source.descriptor(), POLLPRI, 0};
  ASSERT_EQ(::poll(&found, 1, 0), 1);
  EXPECT_FALSE(source.isStall(found.revents));
  EXPECT_LT(source.descriptor(), 0);
  FileBuffer buffer{};
  EXPECT_FALSE(source.readStall(StallMeter::Clock::now(), buffer));
  source.arm();
  EXPECT_LT(source.descriptor(), 0);
  const TestGroup again("/sys/fs/cgroup/unified");
  ASSERT_TRUE(again.isMade());
  source.arm();
  EXPECT_GE(source.descriptor(), 0);
}

TEST(LinuxStall, HearsAProcessThatWaitsForMemory) {
  constexpr size_t kLimitMiB = 32;
  constexpr size_t kFileBytes = 4 * kLimitMiB * kMiB;
  const TestGroup limited(ownMemoryGroupV1());
  const TestGroup unified("/sys/fs/cgroup/unified");
  if (!limited.isMade() ||
      !limited.write("memory.limit_in_bytes", std::to_string(kLimitMiB) + "M")) {
    GTEST_SKIP() << "A group of cgroup v1 with a limit cannot be made here.";
  }
  if (!unified.isMade()) GTEST_SKIP() << "Groups of /sys/fs/cgroup/unified cannot be made here.";
  const LinuxMachine machine;
  struct statfs status {};
  ASSERT_EQ(::statfs(machine.tree.path().c_str(), &status), 0);
  if (status.f_type == TMPFS_MAGIC) GTEST_SKIP() << "Temporary files are in memory here.";
  machine.tree.write("proc/self/cgroup", "0::/" + unified.name() + "\n");
  std::filesystem::create_symlink("/proc/pressure", machine.tree.path("proc/pressure"));
  const auto watch = StallWatch::open({machine.tree.path("proc"), "/sys/fs/cgroup"}, std::nullopt);
  ASSERT_NE(watch, nullptr);
  watch->listen();

  machine.tree.write("file", "");
  const Descriptor file(::open(machine.tree.path("file").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::ftruncate(file.number(), kFileBytes), 0);
  void* const map = ::mmap(nullptr, kFileBytes, PROT_READ, MAP_SHARED, file.number(), 0);
  ASSERT_NE(map, MAP_FAILED);
  // The kernel weighs a stall by the processors that are busy, so processes wait on all of them.
  std::vector<pid_t> children(2 * std::max(1u, std::thread::hardware_concurrency()));
  for (pid_t& child : children) {
    child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // The child waits until the parent has moved it.
      ::raise(SIGSTOP);
      const auto* const bytes = static_cast<const volatile char*>(map);
      while (true) {
        for (size_t at = 0; at < kFileBytes; at += 4096) static_cast<void>(bytes[at]);
      }
    }
  }
  ::munmap(map, kFileBytes);
  int state = 0;
  for (const pid_t child : children) {
    EXPECT_EQ(::waitpid(child, &state, WUNTRACED), child);
    EXPECT_TRUE(limited.write("cgroup.procs", std::to_string(child)));
    EXPECT_TRUE(unified.write("cgroup.procs", std::to_string(child)));
    ::kill(child, SIGCONT);
  }
  Stalls heard;
  for (int seconds = 0; seconds < 60 && !(heard.system && heard.group); ++seconds) {
    const Stalls stalls = watch->wait(milliseconds(1000));
    heard.system = heard.system || stalls.system;
    heard.group = heard.group || stalls.group;
  }
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    EXPECT_EQ(::waitpid(child, &state, 0), child);
    EXPECT_TRUE(WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL) << "a child ended by itself";
  }
  EXPECT_TRUE(heard.system);
  EXPECT_TRUE(heard.group);
}

}  // namespace
}  // namespace ebbcache

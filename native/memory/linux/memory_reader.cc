#include <unistd.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "memory/linux/arcstats.h"
#include "memory/linux/cgroup_reader.h"
#include "memory/linux/meminfo.h"
#include "memory/linux/paced_psi.h"
#include "memory/linux/process.h"
#include "memory/linux/reopening_file.h"
#include "memory/linux/tighter.h"
#include "memory/linux/used_memory.h"
#include "memory/snapshot.h"

namespace ebbcache {
namespace {

class LinuxMemoryReader final : public MemoryReader {
 public:
  explicit LinuxMemoryReader(const MemoryRoots& roots)
      : meminfo_(roots.proc + "/meminfo"),
        statm_(roots.proc + "/self/statm"),
        arcstats_(roots.proc + "/spl/kstat/zfs/arcstats"),
        pressure_(roots.proc + "/pressure/memory"),
        cgroup_(roots) {}

  bool readUsage(MemoryUsage& out, std::string& error) override {
    MemoryUsage usage;
    Meminfo meminfo;
    CgroupUsage group;
    if (!readBounds(false, meminfo, usage, group, error)) return false;
    out = usage;
    return true;
  }

  bool readGroup(MemoryUsage& out, std::string& error) override {
    MemoryUsage usage = latest_;
    if (!hasLatest_) return false;
    if (!cgroup_.readAgain(latestKernel_, buffer_, usage.group, error)) return false;
    out = usage;
    return true;
  }

  bool readCharged(MemoryUsage& out, std::string& error) override {
    MemoryUsage usage = latest_;
    if (!hasLatest_) return false;
    if (!cgroup_.readCharged(buffer_, usage.group, error)) return false;
    out = usage;
    return true;
  }

  bool readSnapshot(MemorySnapshot& out, std::string& error) override {
    MemorySnapshot snapshot;
    Meminfo meminfo;
    CgroupUsage group;
    std::string why;
    if (!readBounds(true, meminfo, snapshot.usage, group, error)) return false;
    if (!swapOf(meminfo, snapshot.swap, why)) return reject(meminfo_, why, error);
    takeTighter(group.swap, snapshot.swap);
    if (!readProcess(snapshot, error)) return false;
    const auto now = PacedPsi::Clock::now();
    if (!pressure_.read(now, buffer_, snapshot.psi, error)) return false;
    if (!cgroup_.readPressure(now, buffer_, snapshot.groupPsi, error)) return false;
    out = snapshot;
    return true;
  }

 private:
  static bool reject(const ReopeningFile& file, std::string_view why, std::string& error) {
    error = "The file " + file.path() + " ";
    error.append(why).append(".");
    return false;
  }

  bool readBounds(bool withSwap, Meminfo& meminfo, MemoryUsage& usage, CgroupUsage& group,
                  std::string& error) {
    hasLatest_ = false;
    std::string_view text;
    std::string why;
    if (meminfo_.read(buffer_, text, error) != FileResult::kRead) return false;
    meminfo = parseMeminfo(text);
    if (!machineBound(meminfo, readReclaimableArc(), usage.system, why)) {
      return reject(meminfo_, why, error);
    }
    const MachineMemory machine{usage.system.limit, kernelMemoryOf(meminfo)};
    if (!cgroup_.read(machine, withSwap, buffer_, group, error)) return false;
    usage.group = group.memory;
    usage.groupRefaults = group.refaults;
    latest_ = usage;
    // Only the reading in which they were found reports them.
    latest_.groupRefaults = false;
    latestKernel_ = machine.kernel;
    hasLatest_ = true;
    return true;
  }

  /// Returns 0 where there is no ZFS, or where the text is malformed: its memory counts as used
  /// then.
  uint64_t readReclaimableArc() {
    const auto now = std::chrono::steady_clock::now();
    if (!arcIsThere_ && now < nextArcCheck_) return 0;
    nextArcCheck_ = now + kArcCheckInterval;
    std::string_view text;
    std::string ignored;
    arcIsThere_ = arcstats_.read(buffer_, text, ignored) == FileResult::kRead;
    return arcIsThere_ ? parseReclaimableArc(text).value_or(0) : 0;
  }

  bool readProcess(MemorySnapshot& snapshot, std::string& error) {
    std::string_view text;
    if (statm_.read(buffer_, text, error) != FileResult::kRead) return false;
    if (parseStatm(text, pageBytes_, snapshot.processRss, snapshot.processVirtual)) return true;
    return reject(statm_, "does not begin with two numbers of pages", error);
  }

  /// Hardly any machine has ZFS, and those that have it load it at boot.
  static constexpr std::chrono::seconds kArcCheckInterval{10};

  FileBuffer buffer_{};
  ReopeningFile meminfo_;
  ReopeningFile statm_;
  ReopeningFile arcstats_;
  bool arcIsThere_ = false;
  std::chrono::steady_clock::time_point nextArcCheck_;
  PacedPsi pressure_;
  CgroupReader cgroup_;
  /// The result of the last full reading, if it succeeded.
  bool hasLatest_ = false;
  MemoryUsage latest_;
  KernelMemory latestKernel_;
  uint64_t pageBytes_ = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
};

}  // namespace

std::unique_ptr<MemoryReader> openMemoryReader(const MemoryRoots& roots) {
  return std::make_unique<LinuxMemoryReader>(roots);
}

}  // namespace ebbcache

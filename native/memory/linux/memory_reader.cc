#include <unistd.h>

#include <string_view>
#include <utility>

#include "memory/linux/cgroup_reader.h"
#include "memory/linux/kept_file.h"
#include "memory/linux/meminfo.h"
#include "memory/linux/paced_psi.h"
#include "memory/linux/process.h"
#include "memory/linux/tighter.h"
#include "memory/snapshot.h"

namespace ebbcache {
namespace {

class LinuxMemoryReader final : public MemoryReader {
 public:
  explicit LinuxMemoryReader(const MemoryRoots& roots)
      : meminfo_(roots.proc + "/meminfo"),
        statm_(roots.proc + "/self/statm"),
        pressure_(roots.proc + "/pressure/memory"),
        cgroup_(roots) {}

  bool readUsage(MemoryUsage& out, std::string& error) override {
    MemoryUsage usage;
    CgroupUsage group;
    std::string_view text;
    if (!readMachine(usage.system, text, error)) return false;
    if (!cgroup_.read(usage.system.limit, false, buffer_, group, error)) return false;
    usage.group = group.memory;
    out = usage;
    return true;
  }

  bool readSnapshot(MemorySnapshot& out, std::string& error) override {
    MemorySnapshot snapshot;
    MemoryUsage& usage = snapshot.usage;
    CgroupUsage group;
    std::string_view text;
    std::string why;
    if (!readMachine(usage.system, text, error)) return false;
    if (!parseSwap(text, snapshot.swap, why)) return reject(meminfo_, why, error);
    if (!cgroup_.read(usage.system.limit, true, buffer_, group, error)) return false;
    usage.group = group.memory;
    takeTighter(group.swap, snapshot.swap);
    if (!readProcess(snapshot, error)) return false;
    const auto now = PacedPsi::Clock::now();
    if (!pressure_.read(now, buffer_, snapshot.psi, error)) return false;
    if (!cgroup_.readPressure(now, buffer_, snapshot.groupPsi, error)) return false;
    out = snapshot;
    return true;
  }

 private:
  static bool reject(const KeptFile& file, std::string_view why, std::string& error) {
    error = "The file " + file.path() + " ";
    error.append(why).append(".");
    return false;
  }

  /// `text` is that of meminfo, until the next read.
  bool readMachine(MemoryBound& system, std::string_view& text, std::string& error) {
    std::string why;
    if (meminfo_.read(buffer_, text, error) != FileResult::kRead) return false;
    return parseMeminfo(text, system, why) || reject(meminfo_, why, error);
  }

  bool readProcess(MemorySnapshot& snapshot, std::string& error) {
    std::string_view text;
    if (statm_.read(buffer_, text, error) != FileResult::kRead) return false;
    if (parseStatm(text, pageBytes_, snapshot.processRss, snapshot.processVirtual)) return true;
    return reject(statm_, "does not begin with two numbers of pages", error);
  }

  FileBuffer buffer_{};
  KeptFile meminfo_;
  KeptFile statm_;
  PacedPsi pressure_;
  CgroupReader cgroup_;
  uint64_t pageBytes_ = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
};

}  // namespace

std::unique_ptr<MemoryReader> openMemoryReader(const MemoryRoots& roots) {
  return std::make_unique<LinuxMemoryReader>(roots);
}

}  // namespace ebbcache

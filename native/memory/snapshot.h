// What the operating system says about memory: one contract, one backend per folder beside this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace ebbcache {

/// One thing that bounds the memory of this process: the machine, or the group (cgroup, job
/// object) that it runs in. Bytes; `used` never passes `limit`.
struct MemoryBound {
  uint64_t limit = 0;
  /// Without what the kernel gives back on demand: page cache and reclaimable kernel memory.
  uint64_t used = 0;

  uint64_t available() const { return limit - used; }
  double percentUsed() const {
    return limit == 0 ? 0.0 : 100.0 * static_cast<double>(used) / static_cast<double>(limit);
  }
};

/// What the kernel itself says of the machine's memory, where it has a word for it: macOS its
/// pressure level, Windows its low-memory notification. Linux has stalls instead.
enum class OsPressureHint : uint8_t { kNone, kLow, kCritical };

/// The cheap part: how full each bound is.
struct MemoryUsage {
  MemoryBound system;
  /// Absent where nothing but the machine limits the process. With nested groups, the one of the
  /// ancestors with the fewest bytes available.
  std::optional<MemoryBound> group;
  /// Whether the group has been reading files again, much and soon after their page cache was
  /// dropped for want of room. Once for each 2 s in which it does. Linux only, where the group has
  /// a limit; from 4.13 on in cgroup v2, from 5.9 on in v1.
  bool groupRefaults = false;
  OsPressureHint kernel = OsPressureHint::kNone;
};

/// Memory that was moved to disk, bytes; `used` never passes `limit`.
struct SwapUsage {
  /// 0 where nothing may be swapped.
  uint64_t limit = 0;
  uint64_t used = 0;
};

/// Pressure stall information: share of the last 10 s, in percent, in which some or all tasks
/// waited for memory.
struct PsiAverages {
  double someAvg10 = 0;
  double fullAvg10 = 0;
};

struct MemorySnapshot {
  MemoryUsage usage;
  uint64_t processRss = 0;
  uint64_t processVirtual = 0;
  /// The swap of the bound with the least room: the machine or one of the groups. Absent where the
  /// system does not say.
  std::optional<SwapUsage> swap;
  /// The stalls of the machine. Absent where the kernel has none (not Linux, or built without PSI).
  std::optional<PsiAverages> psi;
  /// The stalls of the process's own group: Linux's cgroup v2 only, also where another hierarchy
  /// has the memory controller.
  std::optional<PsiAverages> groupPsi;
};

/// Where Linux keeps its files; the other systems ignore it. Tests point it at recorded trees.
struct MemoryRoots {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
};

/// Reads the machine. Not thread-safe: give each thread its own. A read that fails returns false
/// with a sentence in `error`, leaves `out` as it was, and may succeed the next time.
class MemoryReader {
 public:
  virtual ~MemoryReader() = default;
  virtual bool readUsage(MemoryUsage& out, std::string& error) = 0;

  // For less, by the limits and the machine as of the last call of readUsage() or readSnapshot().
  // False also where there is no such reading, or those must be read again first: `error` need not
  // say why.

  /// Reads what readUsage() does of the group.
  virtual bool readGroup(MemoryUsage& /*out*/, std::string& /*error*/) { return false; }
  /// No less than what readUsage() would say is used: with what can be given back.
  virtual bool readCharged(MemoryUsage& /*out*/, std::string& /*error*/) { return false; }

  virtual bool readSnapshot(MemorySnapshot& out, std::string& error) = 0;
};

/// The reader of this operating system. Never null: what is missing shows at the first read.
std::unique_ptr<MemoryReader> openMemoryReader(const MemoryRoots& roots = {});

}  // namespace ebbcache

// The memory that the operating system reports: one contract, with one backend per folder here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace ebbcache {

/// One bound on the memory of this process: that of the machine, or that of the group (cgroup, job
/// object) it runs in. Both numbers are bytes; `used` never exceeds `limit`.
struct MemoryBound {
  uint64_t limit = 0;
  /// The memory in use, without what the kernel reclaims on demand: page cache and reclaimable
  /// kernel memory.
  uint64_t used = 0;

  uint64_t available() const { return limit - used; }
  double percentUsed() const {
    return limit == 0 ? 0.0 : 100.0 * static_cast<double>(used) / static_cast<double>(limit);
  }
};

/// The kernel's own report on the machine's memory, where it makes one: macOS its pressure level,
/// Windows its low-memory notification. Linux has stalls instead.
enum class OsPressureHint : uint8_t { kNone, kLow, kCritical };

/// The cheap part of a snapshot: how full each bound is.
struct MemoryUsage {
  MemoryBound system;
  /// Absent where only the machine limits the process. Where groups are nested, it is the bound of
  /// the ancestor with the fewest bytes available.
  std::optional<MemoryBound> group;
  /// Whether the group keeps reading files again soon after their page cache was dropped for lack
  /// of room. It is set once for each 2 s in which that happens. It is Linux only, for a group with
  /// a limit: from 4.13 on in cgroup v2, from 5.9 on in v1.
  bool groupRefaults = false;
  OsPressureHint kernel = OsPressureHint::kNone;
};

/// Memory that was moved to disk, in bytes; `used` never exceeds `limit`.
struct SwapUsage {
  /// 0 where nothing may be swapped.
  uint64_t limit = 0;
  uint64_t used = 0;
};

/// Pressure stall information: the share of the last 10 s, in percent, in which some or all tasks
/// waited for memory.
struct PsiAverages {
  double someAvg10 = 0;
  double fullAvg10 = 0;
};

struct MemorySnapshot {
  MemoryUsage usage;
  uint64_t processRss = 0;
  uint64_t processVirtual = 0;
  /// The swap of the tightest bound: that of the machine or of one of the groups. Absent where the
  /// system does not say.
  std::optional<SwapUsage> swap;
  /// The stalls of the machine. Absent where the kernel reports none (not Linux, or built without
  /// PSI).
  std::optional<PsiAverages> psi;
  /// The stalls of the process's own group. Only cgroup v2 on Linux reports them, also where
  /// another hierarchy has the memory controller.
  std::optional<PsiAverages> groupPsi;
};

/// The folders in which Linux keeps its files; the other systems ignore them. Tests point them at
/// recorded trees.
struct MemoryRoots {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
};

/// Reads the machine. It is not thread-safe: each thread MUST have its own. A read that fails
/// returns false with a sentence in `error` and leaves `out` as it was; the next one may succeed.
class MemoryReader {
 public:
  virtual ~MemoryReader() = default;
  virtual bool readUsage(MemoryUsage& out, std::string& error) = 0;

  // The next two calls cost less: they use the limits and the machine as of the last call of
  // readUsage() or readSnapshot(). They also return false where there was no such call, or where
  // it must be repeated first; `error` may be empty then.

  /// Reads the group's part of what readUsage() reads.
  virtual bool readGroup(MemoryUsage& /*out*/, std::string& /*error*/) { return false; }
  /// At least what readUsage() would report as used: it includes reclaimable memory.
  virtual bool readCharged(MemoryUsage& /*out*/, std::string& /*error*/) { return false; }

  virtual bool readSnapshot(MemorySnapshot& out, std::string& error) = 0;
};

/// Opens the reader of this operating system; never null. Whatever is missing shows at the first
/// read.
std::unique_ptr<MemoryReader> openMemoryReader(const MemoryRoots& roots = {});

}  // namespace ebbcache

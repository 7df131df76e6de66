// An estimate of how much of a group's kernel memory the kernel would reclaim.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "memory/linux/attributed_part.h"
#include "memory/linux/meminfo.h"

namespace ebbcache {

/// The kernel memory of the machine, in bytes.
struct KernelMemory {
  /// The bytes of slab, stacks, page tables and per-CPU memory.
  uint64_t total = 0;
  /// The part that the kernel calls reclaimable: dentries, inodes and other caches. It includes
  /// those of open files and sockets, which stay until they are closed.
  uint64_t reclaimable = 0;
  /// The bytes of dentries and inodes in use.
  uint64_t inUse = 0;
};

/// Parses the text; all numbers that it lacks are 0.
KernelMemory kernelMemoryOf(const Meminfo& meminfo);

/// The bytes of dentries in use with their inodes, from the text of /proc/sys/fs/dentry-state,
/// which counts them. Each counts as 1 KiB: 0.97 KiB was measured for pipes, 1.1 for sockets and
/// files of ext4, on Linux 6.18. Empty where the text is malformed.
std::optional<uint64_t> parseDentriesInUse(std::string_view text);

/// Estimates the reclaimable part of a group's kernel memory. Not thread-safe.
class GroupKernelMemory {
 public:
  /// v1 reports one number, `charged`: in it dentries, which are reclaimed on demand, cannot be
  /// told from sockets, which are not. The first value is taken to be reclaimable in the proportion
  /// in which all of the machine's kernel memory is; see AttributedPart for later changes.
  uint64_t reclaimable(uint64_t charged, const KernelMemory& machine);

  /// v2 reports reclaimable slab, `slab`. The first value is taken to be reclaimable; of what is
  /// added later, the part that is in use is not.
  uint64_t reclaimableSlab(uint64_t slab, const KernelMemory& machine);

 private:
  AttributedPart part_;
};

}  // namespace ebbcache

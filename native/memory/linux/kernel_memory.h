// How much of a group's kernel memory the kernel would give back.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "memory/linux/attributed_part.h"
#include "memory/linux/meminfo.h"

namespace ebbcache {

/// The kernel memory of the machine, in bytes.
struct KernelMemory {
  /// Slab, stacks, page tables and per-CPU memory.
  uint64_t total = 0;
  /// The part of it that is called reclaimable: dentries, inodes and other caches. Those of open
  /// files and sockets are in it too, though they stay until they are closed.
  uint64_t reclaimable = 0;
  /// Dentries and inodes in use.
  uint64_t inUse = 0;
};

/// All 0 where the text does not tell.
KernelMemory kernelMemoryOf(const Meminfo& meminfo);

/// What dentries in use take with their inodes, from the text of /proc/sys/fs/dentry-state, which
/// counts them: 1 KiB each, as 0.97 was measured for pipes, 1.1 for sockets and files of ext4, on
/// Linux 6.18. Empty where the text makes no sense.
std::optional<uint64_t> parseDentriesInUse(std::string_view text);

/// What of a group's kernel memory can be given back. Not thread-safe.
class GroupKernelMemory {
 public:
  /// v1 tells one number, `charged`: dentries, which are reclaimed on demand, and sockets, which
  /// are not, look alike. What is there at first is taken to be reclaimable in the share that all
  /// of the machine's kernel memory is; for what changes after that see AttributedPart.
  uint64_t reclaimable(uint64_t charged, const KernelMemory& machine);

  /// v2 tells reclaimable slab apart, `slab`. What is there at first is taken to be given back; of
  /// what is added to it, what is in use is not.
  uint64_t reclaimableSlab(uint64_t slab, const KernelMemory& machine);

 private:
  AttributedPart part_;
};

}  // namespace ebbcache

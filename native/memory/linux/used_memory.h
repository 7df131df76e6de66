// The used memory: all that the kernel cannot reclaim on demand. There is one definition for the
// machine, for a cgroup and for each of its ancestors.
//
//   |<---------------------- charged to a group, or not free --------------------->|
//   | anonymous, tmpfs, mlocked, | page cache that   | page cache,   | slab that is |
//   | kernel memory              | is dirty (v2)     | active or not | reclaimable  |
//   |<------------------- used --------------------->|<------ reclaimed on demand -->|
//
// Page cache and dentries are the traces of reading and listing files, which users of a cache of
// metadata do all the time: to count them would empty the cache because it is used. tmpfs is not on
// the lists of files, and mlocked pages are on no list that is reclaimed, so both count.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memory/linux/meminfo.h"
#include "memory/linux/memory_stat.h"
#include "memory/snapshot.h"

namespace ebbcache {

/// The bound of a group: the bytes charged to it, less those that can be reclaimed, and no less
/// than its memory.stat shows to be in use. The two may be of different moments; the higher number
/// counts then.
MemoryBound groupBound(uint64_t limit, uint64_t charged, uint64_t reclaimable, uint64_t shown);

/// The reclaimable bytes of a v2 group: page cache that is on the disk, and `kernel` bytes of its
/// kernel memory. Dirty page cache must be written first; v2 slows writers down before it is a
/// fifth of a group.
uint64_t reclaimableV2(const MemoryStat& stat, uint64_t kernel);
/// The reclaimable bytes of a v1 group: all of its page cache, and `kernel` bytes of its kernel
/// memory. v1 does not slow writers down, so a group may be all dirty page cache; but its reclaim
/// waits until that is written (shrink_folio_list() in mm/vmscan.c), and an allocation succeeds
/// after a wait.
uint64_t reclaimableV1(const MemoryStat& stat, uint64_t kernel);

/// The bytes that memory.stat shows and that cannot be reclaimed: pages on the lists that are not
/// of files, kernel memory and buffers of sockets.
uint64_t shownInUse(const MemoryStat& stat);

/// The bound of the machine: the used bytes are those that are not available, by MemAvailable where
/// it is plausible. It may be missing (before Linux 3.14), 0, or more than the total (LXC shows the
/// host's). Otherwise it is estimated as free memory, page cache without tmpfs, and reclaimable
/// slab. Reserved huge pages are neither in the total nor used. `reclaimableArc` of ZFS, which
/// MemAvailable leaves out, is available, unless it exceeds all kernel memory, and so is not this
/// machine's.
///
/// When it returns false, `why` completes the sentence "The file ... ", and `out` is untouched.
bool machineBound(const Meminfo& meminfo, uint64_t reclaimableArc, MemoryBound& out,
                  std::string& why);

}  // namespace ebbcache

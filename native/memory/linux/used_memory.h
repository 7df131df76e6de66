// What counts as used: all that the kernel cannot give back on demand. The one definition, for the
// machine, for a cgroup and for each of its ancestors.
//
//   |<---------------------- charged to a group, or not free --------------------->|
//   | anonymous, tmpfs, mlocked, | page cache that   | page cache,   | slab that is |
//   | kernel memory              | is dirty (v2)     | active or not | reclaimable  |
//   |<------------------- used --------------------->|<------ given back on demand ->|
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

/// What bounds a group: the bytes that were charged to it, less what can be given back, and no less
/// than what its memory.stat shows to be in use. The two may be from different moments, and then
/// the higher number counts.
MemoryBound groupBound(uint64_t limit, uint64_t charged, uint64_t reclaimable, uint64_t shown);

/// A v2 group gives back page cache that the disk has, and `kernel` bytes of its kernel memory.
/// Dirty page cache must be written first; v2 slows writers down before it is a fifth of a group.
uint64_t reclaimableV2(const MemoryStat& stat, uint64_t kernel);
/// A v1 group gives back all of its page cache, and `kernel` bytes of its kernel memory. v1 does
/// not slow writers down, so a group may be all dirty page cache; but its reclaim waits until that
/// is written (shrink_folio_list() in mm/vmscan.c), and an allocation succeeds after a wait.
uint64_t reclaimableV1(const MemoryStat& stat, uint64_t kernel);

/// What memory.stat shows that cannot be given back: pages on the lists that are not of files,
/// kernel memory and buffers of sockets.
uint64_t shownInUse(const MemoryStat& stat);

/// Used is what is not available, by MemAvailable where it can be believed: it may be missing
/// (before Linux 3.14), 0, or more than there is (LXC shows the host's). Else it is estimated as
/// what is free, page cache without tmpfs, and reclaimable slab. Huge pages that are reserved are
/// neither in the total nor used. `reclaimableArc` of ZFS, which MemAvailable leaves out, is
/// available, unless it is more than all kernel memory there is, and so not of this machine's.
///
/// When it returns false, `why` completes the sentence "The file ... ", and `out` is untouched.
bool machineBound(const Meminfo& meminfo, uint64_t reclaimableArc, MemoryBound& out,
                  std::string& why);

}  // namespace ebbcache

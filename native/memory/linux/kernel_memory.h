// How much of a v1 group's kernel memory the kernel would give back.
#pragma once

#include <cstdint>
#include <optional>

#include "memory/linux/meminfo.h"

namespace ebbcache {

/// Of the machine, bytes.
struct KernelMemory {
  /// Slab, stacks, page tables and per-CPU memory.
  uint64_t total = 0;
  /// The part of it that shrinks on demand: dentries, inodes and other caches.
  uint64_t reclaimable = 0;
};

/// All 0 where the text does not tell.
KernelMemory kernelMemoryOf(const Meminfo& meminfo);

/// v1 tells the kernel memory of a group in one number: dentries, which go when they are in the
/// way, and sockets, which do not, look alike. What was there when the group was seen first is
/// taken to be reclaimable in the share that all of the machine's kernel memory is. After that,
/// what the group gained or lost is reclaimable as far as that of the machine changed in the same
/// direction meanwhile. This follows a group that reads folders, or opens sockets, while the rest
/// of the machine is quiet; the more others allocate, the more it is a guess, never one above what
/// the group or the machine has.
///
/// The estimate is that of v2's slab_reclaimable, and has the same fault: the dentries and inodes
/// of open files, a third of what an empty socket takes, are called reclaimable.
///
/// Not thread-safe.
class GroupKernelMemory {
 public:
  /// Changes of less than this many bytes leave the point that changes are counted from, so that
  /// what comes and goes all the time adds up to nothing.
  static constexpr uint64_t kStep = uint64_t{4} << 20;

  /// The bytes of `charged`, the group's kernel memory, that can be given back.
  uint64_t reclaimable(uint64_t charged, const KernelMemory& machine);

 private:
  struct Point {
    uint64_t charged;
    uint64_t reclaimable;
    uint64_t machineReclaimable;
  };

  std::optional<Point> since_;
};

}  // namespace ebbcache

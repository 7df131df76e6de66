// memory.stat of a cgroup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memory/linux/cgroup_discovery.h"

namespace ebbcache {

/// The bytes charged to a group and its descendants, as far as the file reports them. The fields
/// depend on the version and on the kernel: sandboxes and old kernels lack many.
struct MemoryStat {
  // The lists of pages that the kernel reclaims from. Pages of tmpfs are on the anonymous lists,
  // pages freed by MADV_FREE on the inactive list of files.
  std::optional<uint64_t> activeAnon;
  std::optional<uint64_t> inactiveAnon;
  std::optional<uint64_t> activeFile;
  std::optional<uint64_t> inactiveFile;
  std::optional<uint64_t> unevictable;

  std::optional<uint64_t> anon;
  std::optional<uint64_t> shmem;
  /// Page cache that is not on the disk yet, and page cache that is being written.
  std::optional<uint64_t> dirty;
  std::optional<uint64_t> writeback;

  // Kernel memory, which only v2 reports.
  std::optional<uint64_t> slabReclaimable;
  std::optional<uint64_t> slabUnreclaimable;
  std::optional<uint64_t> kernelStack;
  std::optional<uint64_t> pageTables;
  std::optional<uint64_t> percpu;
  std::optional<uint64_t> sock;

  // The lower of the limits of the group and its ancestors, which only v1 reports: that of memory,
  // and that of memory and swap together.
  std::optional<uint64_t> hierarchicalLimit;
  std::optional<uint64_t> hierarchicalSumLimit;

  /// The number of pages of files (not bytes) that were read again soon after they had been
  /// dropped, since the group was made.
  std::optional<uint64_t> refaultedPages;
};

/// Returns false, with `why` completing the sentence "The file ... " and `out` untouched, where one
/// of these fields is not a number.
bool parseMemoryStat(CgroupVersion version, std::string_view text, MemoryStat& out,
                     std::string& why);

}  // namespace ebbcache

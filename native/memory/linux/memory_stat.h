// memory.stat of a cgroup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memory/linux/cgroup_discovery.h"

namespace ebbcache {

/// Bytes charged to a group and its descendants, as far as the file tells them. Which fields there
/// are depends on the version and on the kernel: sandboxes and old kernels lack many.
struct MemoryStat {
  // Lists of pages that the kernel reclaims by. Pages of tmpfs are on the anonymous lists, pages
  // freed by MADV_FREE on the inactive list of files.
  std::optional<uint64_t> activeAnon;
  std::optional<uint64_t> inactiveAnon;
  std::optional<uint64_t> activeFile;
  std::optional<uint64_t> inactiveFile;
  std::optional<uint64_t> unevictable;

  std::optional<uint64_t> anon;
  std::optional<uint64_t> shmem;
  /// Page cache that the disk does not have yet, and that which is being written.
  std::optional<uint64_t> dirty;
  std::optional<uint64_t> writeback;

  // Kernel memory, told by v2 alone.
  std::optional<uint64_t> slabReclaimable;
  std::optional<uint64_t> slabUnreclaimable;
  std::optional<uint64_t> kernelStack;
  std::optional<uint64_t> pageTables;
  std::optional<uint64_t> percpu;
  std::optional<uint64_t> sock;

  // Limits of the group or an ancestor, whichever is lower, told by v1 alone: of memory, and of
  // memory and swap together.
  std::optional<uint64_t> hierarchicalLimit;
  std::optional<uint64_t> hierarchicalSumLimit;

  /// Pages of files, not bytes, that were read again soon after they had been dropped, since the
  /// group was made.
  std::optional<uint64_t> refaultedPages;
};

/// False, with `why` completing the sentence "The file ... " and `out` untouched, when a field that
/// is looked for is no number.
bool parseMemoryStat(CgroupVersion version, std::string_view text, MemoryStat& out,
                     std::string& why);

}  // namespace ebbcache

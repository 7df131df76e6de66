// /proc/meminfo.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memory/snapshot.h"

namespace ebbcache {

/// One line. Whether a malformed one matters is up to those who need it.
struct MeminfoField {
  bool isThere = false;
  /// Empty where the line is missing or malformed. Bytes; for huge pages also a count.
  std::optional<uint64_t> value;

  bool isMalformed() const { return isThere && !value; }
  uint64_t valueOr0() const { return value.value_or(0); }
};

/// What the text tells of the machine, or of the container that a sandbox shows as one.
struct Meminfo {
  MeminfoField memTotal;
  MeminfoField memFree;
  MeminfoField memAvailable;
  MeminfoField buffers;
  /// With tmpfs.
  MeminfoField cached;
  MeminfoField active;
  MeminfoField inactive;
  MeminfoField unevictable;
  MeminfoField swapTotal;
  MeminfoField swapFree;
  MeminfoField anonPages;
  MeminfoField shmem;
  MeminfoField slab;
  MeminfoField slabReclaimable;
  MeminfoField slabUnreclaimable;
  MeminfoField kernelStack;
  MeminfoField pageTables;
  MeminfoField percpu;
  /// A count of pages of `hugePageBytes`.
  MeminfoField hugePages;
  MeminfoField hugePageBytes;
  /// Huge pages of all sizes; since Linux 4.19.
  MeminfoField hugetlb;
};

/// Accepts any text.
Meminfo parseMeminfo(std::string_view text);

/// Swap of the machine. Leaves `out` empty where the text does not tell. When it returns false,
/// `why` completes the sentence "The file ... ".
bool swapOf(const Meminfo& meminfo, std::optional<SwapUsage>& out, std::string& why);

/// True, with `why` completing the sentence "The file ... ", for a line that makes no sense.
bool rejectMalformed(const MeminfoField& field, std::string_view name, std::string& why);

}  // namespace ebbcache

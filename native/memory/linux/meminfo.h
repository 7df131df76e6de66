// /proc/meminfo.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memory/snapshot.h"

namespace ebbcache {

/// The number of one line. Only a caller that needs the line cares whether it is malformed.
struct MeminfoField {
  bool isThere = false;
  /// Bytes; for huge pages also a count. Empty where the line is missing or malformed.
  std::optional<uint64_t> value;

  bool isMalformed() const { return isThere && !value; }
  uint64_t valueOr0() const { return value.value_or(0); }
};

/// The numbers that the text reports of the machine, or of the container that a sandbox shows as
/// one.
struct Meminfo {
  MeminfoField memTotal;
  MeminfoField memFree;
  MeminfoField memAvailable;
  MeminfoField buffers;
  /// Includes tmpfs.
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
  /// A count of pages of `hugePageBytes` each.
  MeminfoField hugePages;
  MeminfoField hugePageBytes;
  /// The bytes of huge pages of all sizes; reported since Linux 4.19.
  MeminfoField hugetlb;
};

/// Accepts any text.
Meminfo parseMeminfo(std::string_view text);

/// Gives the swap of the machine, and leaves `out` empty where the text does not report it. When it
/// returns false, `why` completes the sentence "The file ... ".
bool swapOf(const Meminfo& meminfo, std::optional<SwapUsage>& out, std::string& why);

/// Returns true, with `why` completing the sentence "The file ... ", for a malformed line.
bool rejectMalformed(const MeminfoField& field, std::string_view name, std::string& why);

}  // namespace ebbcache

// The files of one memory cgroup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memory/linux/cgroup_discovery.h"
#include "memory/linux/kept_file.h"
#include "memory/snapshot.h"

namespace ebbcache {

struct CgroupUsage {
  /// Of what bounds the group's memory, the one with the fewest bytes available. Absent where
  /// nothing does below the total of the machine.
  std::optional<MemoryBound> memory;
  /// Absent where nothing bounds it, or was not asked for.
  std::optional<SwapUsage> swap;
};

/// Which files there are is looked up once, when it is made. Not thread-safe.
class CgroupGroup {
 public:
  /// `folder` is the group's, without a slash at its end.
  CgroupGroup(CgroupVersion version, const std::string& folder);

  /// False, with a sentence in `error` and `out` untouched, when a file cannot be read or believed.
  bool read(uint64_t machineTotal, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
            std::string& error);

 private:
  bool readV1(uint64_t machineTotal, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
              std::string& error);
  bool readV2(uint64_t machineTotal, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
              std::string& error);
  bool readInactiveFile(FileBuffer& buffer, uint64_t& bytes, std::string& error);

  bool v1_;
  std::optional<KeptFile> limit_;
  /// v2's memory.high, above which the kernel slows the group down.
  std::optional<KeptFile> throttle_;
  /// v2: of swap alone. v1: of memory and swap together.
  std::optional<KeptFile> swapLimit_;
  std::optional<KeptFile> swapUsage_;
  KeptFile usage_;
  KeptFile stat_;
};

}  // namespace ebbcache

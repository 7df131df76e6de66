// Reads limits, usage and stalls of the process's cgroup and of its ancestors.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memory/linux/cgroup_discovery.h"
#include "memory/linux/cgroup_group.h"
#include "memory/linux/paced_psi.h"
#include "memory/linux/reopening_file.h"
#include "memory/snapshot.h"

namespace ebbcache {

/// Follows the process within a second when it is moved to another group. Not thread-safe.
class CgroupReader {
 public:
  explicit CgroupReader(MemoryRoots roots)
      : roots_(std::move(roots)), membershipFile_(roots_.proc + "/self/cgroup") {}

  /// Reads the tightest bounds of memory and of swap among the nested groups. Returns false, with a
  /// sentence in `error`, where a file cannot be read or understood.
  bool read(const MachineMemory& machine, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
            std::string& error);

  // Reads the tightest bound of memory by the limits of the last read(); see CgroupGroup.

  bool readAgain(const KernelMemory& machine, FileBuffer& buffer, std::optional<MemoryBound>& out,
                 std::string& error);
  bool readCharged(FileBuffer& buffer, std::optional<MemoryBound>& out, std::string& error);

  /// Gives the stalls of the process's own group, as of the last read(); leaves `out` empty where
  /// the group reports none. Returns false, with a sentence in `error`, where its file is
  /// malformed.
  bool readPressure(PacedPsi::Clock::time_point now, FileBuffer& buffer,
                    std::optional<PsiAverages>& out, std::string& error);

 private:
  /// Finds the groups anew where the process was moved, or where they were last found long ago.
  bool follow(FileBuffer& buffer, std::string& error);
  bool discover(FileBuffer& buffer, std::string& error);
  void openGroups(const std::optional<CgroupPlace>& place);
  bool readMembership(FileBuffer& buffer, std::string_view& text, std::string& error);
  bool readTightest(const MachineMemory& machine, bool withSwap, FileBuffer& buffer,
                    CgroupUsage& out, std::string& error);

  MemoryRoots roots_;
  ReopeningFile membershipFile_;
  /// The content of the file when the groups were found.
  std::string membership_;
  std::optional<CgroupPlace> place_;
  std::vector<CgroupGroup> groups_;
  std::optional<PacedPsi> pressure_;
  std::optional<std::chrono::steady_clock::time_point> followedAt_;
  std::optional<std::chrono::steady_clock::time_point> discoveredAt_;
};

}  // namespace ebbcache

// The disk tiers that are open in the process: one for each folder and kind.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "disk/disk_tier.h"

namespace ebbcache {

/// One name of the folder for all who mean it: absolute, and without symbolic links as far as it
/// exists. A name that the system cannot resolve stays as it is.
std::string canonicalFolder(const std::string& dir);

/// It is not thread-safe.
class OpenDiskTiers {
 public:
  /// Returns the open tier, with the budget that is asked for now, or a new one. The folder MUST be
  /// canonical.
  std::shared_ptr<DiskTier> open(const DiskTierOptions& options);

 private:
  using Place = std::pair<std::string, RingKind>;

  std::map<Place, std::weak_ptr<DiskTier>> tiers_;
};

}  // namespace ebbcache

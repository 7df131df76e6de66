// The disk tiers that are open in the process: one for each folder and kind.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "disk/disk_tier.h"

namespace ebbcache {

/// The folder by one name for all who mean it: absolute, and without symbolic links as far as it is
/// there. A name that the system cannot look up stays as it is.
std::string canonicalFolder(const std::string& dir);

/// Not for several threads at once.
class OpenDiskTiers {
 public:
  /// The one that is open, with the budget that is asked for now, or a new one. The folder is
  /// canonical.
  std::shared_ptr<DiskTier> open(const DiskTierOptions& options);

 private:
  using Place = std::pair<std::string, RingKind>;

  std::map<Place, std::weak_ptr<DiskTier>> tiers_;
};

}  // namespace ebbcache

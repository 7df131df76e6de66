#include "runtime/open_disk_tiers.h"

#include <filesystem>
#include <system_error>

namespace ebbcache {

std::string canonicalFolder(const std::string& dir) {
  namespace fs = std::filesystem;
  try {
    const fs::path path = fs::weakly_canonical(fs::absolute(fs::u8path(dir)));
    // The folder is the same with or without a separator at its end.
    const bool endsInOne = !path.has_filename() && path.has_relative_path();
    return (endsInOne ? path.parent_path() : path).u8string();
  } catch (const std::system_error&) {
    return dir;
  }
}

std::shared_ptr<DiskTier> OpenDiskTiers::open(const DiskTierOptions& options) {
  for (auto at = tiers_.begin(); at != tiers_.end();) {
    at = at->second.expired() ? tiers_.erase(at) : std::next(at);
  }
  std::weak_ptr<DiskTier>& known = tiers_[Place{options.dir, options.kind}];
  std::shared_ptr<DiskTier> tier = known.lock();
  if (tier == nullptr) {
    tier = DiskTier::open(options);
    known = tier;
  } else if (tier->stats().maxBytes != options.maxBytes) {
    tier->resize(options.maxBytes);
  }
  return tier;
}

}  // namespace ebbcache

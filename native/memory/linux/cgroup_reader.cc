#include "memory/linux/cgroup_reader.h"

#include "memory/linux/tighter.h"

namespace ebbcache {
namespace {

/// Asking for the process's group costs about as much as two reads, so not each read does.
constexpr std::chrono::seconds kFollowAfter{1};
/// Finding the groups costs more than all else. While the process stays in its group, only the
/// files of its groups may change: a controller that is delegated to them, say.
constexpr std::chrono::seconds kDiscoverAfter{10};

}  // namespace

bool CgroupReader::read(const MachineMemory& machine, bool withSwap, FileBuffer& buffer,
                        CgroupUsage& out, std::string& error) {
  if (!follow(buffer, error)) return false;
  if (readTightest(machine, withSwap, buffer, out, error)) return true;
  // The group was removed, or the process was moved, since the groups were found.
  return discover(buffer, error) && readTightest(machine, withSwap, buffer, out, error);
}

bool CgroupReader::follow(FileBuffer& buffer, std::string& error) {
  const auto now = std::chrono::steady_clock::now();
  if (followedAt_ && now - *followedAt_ < kFollowAfter) return true;
  if (!discoveredAt_ || now - *discoveredAt_ >= kDiscoverAfter) return discover(buffer, error);
  std::string_view text;
  if (!readMembership(buffer, text, error)) return false;
  if (text != membership_) return discover(buffer, error);
  followedAt_ = now;
  return true;
}

/// Empty where the kernel has no cgroups.
bool CgroupReader::readMembership(FileBuffer& buffer, std::string_view& text, std::string& error) {
  text = {};
  return membershipFile_.read(buffer, text, error) != FileResult::kFailed;
}

bool CgroupReader::readPressure(PacedPsi::Clock::time_point now, FileBuffer& buffer,
                                std::optional<PsiAverages>& out, std::string& error) {
  return !pressure_ || pressure_->read(now, buffer, out, error);
}

bool CgroupReader::discover(FileBuffer& buffer, std::string& error) {
  discoveredAt_.reset();
  followedAt_.reset();
  std::string_view text;
  if (!readMembership(buffer, text, error)) return false;
  membership_ = text;
  CgroupPlaces places = findCgroups(roots_, membership_);
  std::optional<CgroupPlace>& place = places.memory;
  // The group was removed and is still named as the process's: an ancestor instead would show a
  // limit other than the one that kills this process.
  const bool sameGroup = place_ && (!place || place->path == place_->path);
  if (sameGroup && !isDirectory(place_->folders.front())) {
    error = "The memory cgroup " + place_->folders.front() + " of this process is gone.";
    return false;
  }
  if (place_ && place && *place_ == *place) {
    // The groups that stay keep their history.
    for (CgroupGroup& group : groups_) group.rediscover();
  } else {
    openGroups(place);
    place_ = std::move(place);
  }
  if (places.pressureFile.empty()) {
    pressure_.reset();
  } else if (!pressure_ || pressure_->path() != places.pressureFile) {
    pressure_.emplace(std::move(places.pressureFile));
  }
  discoveredAt_ = followedAt_ = std::chrono::steady_clock::now();
  return true;
}

void CgroupReader::openGroups(const std::optional<CgroupPlace>& place) {
  std::vector<CgroupGroup> groups;
  if (place) {
    for (const std::string& folder : place->folders) {
      const bool isTop = &folder == &place->folders.back();
      groups.emplace_back(place->version, folder, isTop, roots_.proc);
    }
  }
  // All or none are replaced, so that a heap that is exhausted meanwhile hides no limit.
  groups_ = std::move(groups);
}

bool CgroupReader::readAgain(const KernelMemory& machine, FileBuffer& buffer,
                             std::optional<MemoryBound>& out, std::string& error) {
  std::optional<MemoryBound> tightest;
  for (CgroupGroup& group : groups_) {
    if (!group.readAgain(machine, buffer, tightest, error)) return false;
  }
  out = tightest;
  return true;
}

bool CgroupReader::readCharged(FileBuffer& buffer, std::optional<MemoryBound>& out,
                               std::string& error) {
  std::optional<MemoryBound> tightest;
  for (CgroupGroup& group : groups_) {
    if (!group.readCharged(buffer, tightest, error)) return false;
  }
  out = tightest;
  return true;
}

bool CgroupReader::readTightest(const MachineMemory& machine, bool withSwap, FileBuffer& buffer,
                                CgroupUsage& out, std::string& error) {
  CgroupUsage tightest;
  for (CgroupGroup& group : groups_) {
    CgroupUsage usage;
    if (!group.read(machine, withSwap, buffer, usage, error)) return false;
    takeTighter(usage.memory, tightest.memory);
    takeTighter(usage.swap, tightest.swap);
    tightest.refaults = tightest.refaults || usage.refaults;
  }
  out = tightest;
  return true;
}

}  // namespace ebbcache

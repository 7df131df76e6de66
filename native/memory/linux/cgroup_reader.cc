#include "memory/linux/cgroup_reader.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

/// A look at where the process is costs about as much as three reads, so it is not taken at each.
constexpr std::chrono::seconds kRediscoverAfter{1};

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

bool notANumber(const KeptFile& file, std::string& error) {
  error = "The file " + file.path() + " does not hold a number of bytes.";
  return false;
}

/// Empty when `text` is neither a number nor "max", which is no limit.
std::optional<uint64_t> parseLimit(std::string_view text) {
  const std::string_view word = nextWord(text);
  if (word == "max") return kNoLimit;
  return parseUint64(word);
}

}  // namespace

bool CgroupReader::read(uint64_t machineTotal, FileBuffer& buffer, std::optional<MemoryBound>& out,
                        std::string& error) {
  const auto now = std::chrono::steady_clock::now();
  if (!discoveredAt_ || now - *discoveredAt_ >= kRediscoverAfter) {
    if (!discover(error)) return false;
  }
  if (readTightest(machineTotal, buffer, out, error)) return true;
  // The group was removed, or the process was moved, since the last look.
  return discover(error) && readTightest(machineTotal, buffer, out, error);
}

bool CgroupReader::discover(std::string& error) {
  discoveredAt_.reset();
  std::optional<CgroupPlace> place;
  if (!discoverCgroup(roots_, place, error)) return false;
  // A group that was followed, is gone, and is still named as ours: reading an ancestor instead
  // would show a limit that is not the one that kills this process.
  const bool sameGroup = place_ && (!place || place->path == place_->path);
  if (sameGroup && !isDirectory(place_->folders.front())) {
    error = "The memory cgroup " + place_->folders.front() + " of this process is gone.";
    return false;
  }
  groups_ = place ? openGroups(*place) : std::vector<Group>();
  place_ = std::move(place);
  discoveredAt_ = std::chrono::steady_clock::now();
  return true;
}

std::vector<CgroupReader::Group> CgroupReader::openGroups(const CgroupPlace& place) {
  const bool v1 = place.version == CgroupVersion::kV1;
  const std::vector<const char*> limitNames =
      v1 ? std::vector<const char*>{"/memory.limit_in_bytes"}
         : std::vector<const char*>{"/memory.max", "/memory.high"};
  std::vector<Group> groups;
  for (const std::string& folder : place.folders) {
    std::vector<KeptFile> limits;
    for (const char* const name : limitNames) {
      std::string path = folder + name;
      if (::access(path.c_str(), F_OK) == 0) limits.emplace_back(std::move(path));
    }
    // The root of v2, and groups without the memory controller, have no limit.
    if (limits.empty()) continue;
    // In v1 the name without "total_" leaves the descendants out, but the usage has them.
    groups.push_back(Group{
        std::move(limits), KeptFile(folder + (v1 ? "/memory.usage_in_bytes" : "/memory.current")),
        KeptFile(folder + "/memory.stat"), v1 ? "total_inactive_file" : "inactive_file"});
  }
  return groups;
}

bool CgroupReader::readTightest(uint64_t machineTotal, FileBuffer& buffer,
                                std::optional<MemoryBound>& out, std::string& error) {
  std::optional<MemoryBound> tightest;
  for (Group& group : groups_) {
    std::optional<MemoryBound> bound;
    if (!readGroup(group, machineTotal, buffer, bound, error)) return false;
    if (!bound) continue;
    if (!tightest || bound->available() < tightest->available()) tightest = bound;
  }
  out = tightest;
  return true;
}

bool CgroupReader::readGroup(Group& group, uint64_t machineTotal, FileBuffer& buffer,
                             std::optional<MemoryBound>& out, std::string& error) {
  std::string_view text;
  uint64_t limit = kNoLimit;
  for (KeptFile& file : group.limits) {
    if (file.read(buffer, text, error) != FileResult::kRead) return false;
    const auto value = parseLimit(text);
    if (!value) return notANumber(file, error);
    if (*value == 0) {
      error = "The file " + file.path() + " says 0, a limit that no process can run under.";
      return false;
    }
    limit = std::min(limit, *value);
  }
  if (limit >= machineTotal) return true;
  if (group.usage.read(buffer, text, error) != FileResult::kRead) return false;
  const auto usage = parseUint64(nextWord(text));
  if (!usage) return notANumber(group.usage, error);
  uint64_t inactive = 0;
  if (!readInactiveFile(group, buffer, inactive, error)) return false;
  const uint64_t used = *usage - std::min(*usage, inactive);
  out = MemoryBound{limit, std::min(used, limit)};
  return true;
}

/// Page cache that the kernel drops before it kills. Where a sandbox (gVisor) does not tell, all
/// of the usage counts: too high is safe, too low is not.
bool CgroupReader::readInactiveFile(Group& group, FileBuffer& buffer, uint64_t& bytes,
                                    std::string& error) {
  std::string_view text;
  const FileResult result = group.stat.read(buffer, text, error);
  if (result == FileResult::kAbsent) return true;
  if (result == FileResult::kFailed) return false;
  std::string_view line;
  while (nextLine(text, line)) {
    if (nextWord(line) != group.inactiveField) continue;
    const auto value = parseUint64(nextWord(line));
    if (!value) {
      error = "The file " + group.stat.path() + " has a malformed ";
      error.append(group.inactiveField).append(".");
      return false;
    }
    bytes = *value;
    return true;
  }
  return true;
}

}  // namespace ebbcache

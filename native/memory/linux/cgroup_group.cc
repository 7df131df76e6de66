#include "memory/linux/cgroup_group.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

/// What v1 says for no limit: the largest int64, rounded down to whole pages (of up to 64 KiB).
constexpr uint64_t kNoLimitInV1 = (uint64_t{1} << 63) - 65536;

uint64_t subtractSaturated(uint64_t a, uint64_t b) {
  return a - std::min(a, b);
}

bool notANumber(const KeptFile& file, std::string& error) {
  error = "The file " + file.path() + " does not hold a number of bytes.";
  return false;
}

bool readUsage(KeptFile& file, FileBuffer& buffer, uint64_t& bytes, std::string& error) {
  std::string_view text;
  if (file.read(buffer, text, error) != FileResult::kRead) return false;
  const auto value = parseUint64(nextWord(text));
  if (!value) return notANumber(file, error);
  bytes = *value;
  return true;
}

/// "max" is no limit.
bool readLimit(KeptFile& file, FileBuffer& buffer, uint64_t& bytes, std::string& error) {
  std::string_view text;
  if (file.read(buffer, text, error) != FileResult::kRead) return false;
  const std::string_view word = nextWord(text);
  const auto value = word == "max" ? kNoLimit : parseUint64(word);
  if (!value) return notANumber(file, error);
  bytes = *value;
  return true;
}

/// Lowers `limit` to what the file says, where there is one.
bool lowerLimit(std::optional<KeptFile>& file, FileBuffer& buffer, uint64_t& limit,
                std::string& error) {
  if (!file) return true;
  uint64_t bytes = 0;
  if (!readLimit(*file, buffer, bytes, error)) return false;
  if (bytes == 0) {
    error = "The file " + file->path() + " says 0, a limit that no process can run under.";
    return false;
  }
  limit = std::min(limit, bytes);
  return true;
}

MemoryBound boundOf(uint64_t limit, uint64_t usage, uint64_t inactive) {
  return {limit, std::min(subtractSaturated(usage, inactive), limit)};
}

SwapUsage swapOf(uint64_t limit, uint64_t usage) {
  return {limit, std::min(usage, limit)};
}

}  // namespace

CgroupGroup::CgroupGroup(CgroupVersion version, const std::string& folder)
    : v1_(version == CgroupVersion::kV1),
      usage_(folder + (v1_ ? "/memory.usage_in_bytes" : "/memory.current")),
      stat_(folder + "/memory.stat") {
  const auto openExisting = [&](std::optional<KeptFile>& file, const char* name) {
    std::string path = folder + name;
    if (::access(path.c_str(), F_OK) == 0) file.emplace(std::move(path));
  };
  // The root of v2, and groups without the memory controller, have none of these.
  openExisting(limit_, v1_ ? "/memory.limit_in_bytes" : "/memory.max");
  if (!v1_) openExisting(throttle_, "/memory.high");
  // v1 has its own only where the kernel was told to account for swap.
  openExisting(swapLimit_, v1_ ? "/memory.memsw.limit_in_bytes" : "/memory.swap.max");
  openExisting(swapUsage_, v1_ ? "/memory.memsw.usage_in_bytes" : "/memory.swap.current");
}

bool CgroupGroup::read(uint64_t machineTotal, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
                       std::string& error) {
  CgroupUsage usage;
  const bool done = v1_ ? readV1(machineTotal, withSwap, buffer, usage, error)
                        : readV2(machineTotal, withSwap, buffer, usage, error);
  if (done) out = usage;
  return done;
}

bool CgroupGroup::readV1(uint64_t machineTotal, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
                         std::string& error) {
  uint64_t limit = kNoLimit;
  if (!lowerLimit(limit_, buffer, limit, error)) return false;
  // The kernel keeps the limit of memory and swap together at or above that of memory.
  if (limit >= kNoLimitInV1) return true;
  uint64_t sumLimit = kNoLimit;
  const bool sumIsKnown = swapLimit_ && swapUsage_;
  if (sumIsKnown && !lowerLimit(swapLimit_, buffer, sumLimit, error)) return false;
  const bool limited = limit < machineTotal;
  const bool swapLimited = withSwap && sumLimit < kNoLimitInV1;
  if (!limited && !swapLimited) return true;
  uint64_t usage = 0;
  uint64_t sumUsage = 0;
  if (!readUsage(usage_, buffer, usage, error)) return false;
  if (swapUsage_ && sumLimit < kNoLimitInV1) {
    if (!readUsage(*swapUsage_, buffer, sumUsage, error)) return false;
  }
  if (limited) {
    uint64_t inactive = 0;
    if (!readInactiveFile(buffer, inactive, error)) return false;
    out.memory = boundOf(limit, usage, inactive);
    // The kernel kills at this limit too, and a group that has swapped much may reach it first.
    const MemoryBound sum = boundOf(sumLimit, sumUsage, inactive);
    if (sum.available() < out.memory->available()) out.memory = sum;
  }
  if (swapLimited) {
    out.swap = swapOf(subtractSaturated(sumLimit, limit), subtractSaturated(sumUsage, usage));
  }
  return true;
}

bool CgroupGroup::readV2(uint64_t machineTotal, bool withSwap, FileBuffer& buffer, CgroupUsage& out,
                         std::string& error) {
  uint64_t limit = kNoLimit;
  if (!lowerLimit(limit_, buffer, limit, error)) return false;
  if (!lowerLimit(throttle_, buffer, limit, error)) return false;
  if (limit < machineTotal) {
    uint64_t usage = 0;
    uint64_t inactive = 0;
    if (!readUsage(usage_, buffer, usage, error)) return false;
    if (!readInactiveFile(buffer, inactive, error)) return false;
    out.memory = boundOf(limit, usage, inactive);
  }
  if (withSwap && swapLimit_ && swapUsage_) {
    uint64_t swapLimit = 0;
    uint64_t swapUsage = 0;
    if (!readLimit(*swapLimit_, buffer, swapLimit, error)) return false;
    if (swapLimit == kNoLimit) return true;
    if (!readUsage(*swapUsage_, buffer, swapUsage, error)) return false;
    out.swap = swapOf(swapLimit, swapUsage);
  }
  return true;
}

/// Page cache that the kernel drops before it kills. Where a sandbox (gVisor) does not tell, all
/// of the usage counts: too high is safe, too low is not.
bool CgroupGroup::readInactiveFile(FileBuffer& buffer, uint64_t& bytes, std::string& error) {
  std::string_view text;
  const FileResult result = stat_.read(buffer, text, error);
  if (result == FileResult::kAbsent) return true;
  if (result == FileResult::kFailed) return false;
  // In v1 the name without "total_" leaves the descendants out, but the usage has them.
  const std::string_view field = v1_ ? "total_inactive_file" : "inactive_file";
  std::string_view line;
  while (nextLine(text, line)) {
    if (nextWord(line) != field) continue;
    const auto value = parseUint64(nextWord(line));
    if (!value) {
      error = "The file " + stat_.path() + " has a malformed ";
      error.append(field).append(".");
      return false;
    }
    bytes = *value;
    return true;
  }
  return true;
}

}  // namespace ebbcache

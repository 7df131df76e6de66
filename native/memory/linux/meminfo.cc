#include "memory/linux/meminfo.h"

#include <algorithm>
#include <limits>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

constexpr uint64_t kMaxUint64 = std::numeric_limits<uint64_t>::max();

std::optional<uint64_t> parseKilobytes(std::string_view text) {
  const auto number = parseUint64(nextWord(text));
  const std::string_view unit = nextWord(text);
  const bool unitIsKnown = unit.empty() || unit == "kB";
  if (!number || !unitIsKnown || *number > kMaxUint64 / 1024) return std::nullopt;
  return *number * 1024;
}

/// Leaves `bytes` empty where there is no such field. False when the field is malformed.
bool findField(std::string_view text, std::string_view name, std::optional<uint64_t>& bytes,
               std::string& why) {
  std::string_view line;
  while (nextLine(text, line)) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.substr(0, colon) != name) continue;
    // No space after the colon is legal: wide numbers use its column up.
    bytes = parseKilobytes(line.substr(colon + 1));
    if (!bytes) why = "has a malformed " + std::string(name);
    return bytes.has_value();
  }
  return true;
}

uint64_t addSaturated(uint64_t a, uint64_t b) {
  return a > kMaxUint64 - b ? kMaxUint64 : a + b;
}

/// What MemAvailable would be about, for kernels and containers where it is missing or wrong.
bool estimateAvailable(std::string_view text, uint64_t total, uint64_t& available,
                       std::string& why) {
  std::optional<uint64_t> free;
  if (!findField(text, "MemFree", free, why)) return false;
  if (!free) {
    why = "has neither a usable MemAvailable nor a MemFree";
    return false;
  }
  uint64_t sum = *free;
  for (const std::string_view name : {"Buffers", "Cached", "SReclaimable"}) {
    std::optional<uint64_t> bytes;
    if (!findField(text, name, bytes, why)) return false;
    sum = addSaturated(sum, bytes.value_or(0));
  }
  available = sum <= total ? sum : std::min(*free, total);
  return true;
}

}  // namespace

bool parseMeminfo(std::string_view text, MemoryBound& out, std::string& why) {
  std::optional<uint64_t> reportedTotal;
  std::optional<uint64_t> reportedAvailable;
  if (!findField(text, "MemTotal", reportedTotal, why)) return false;
  if (!findField(text, "MemAvailable", reportedAvailable, why)) return false;
  const uint64_t total = reportedTotal.value_or(0);
  if (total == 0) {
    why = reportedTotal ? "says that MemTotal is 0" : "has no MemTotal";
    return false;
  }
  // Some containers (LXC) show the host's MemAvailable beside their own MemTotal. Believing it,
  // even cut to the total, would mean that memory never gets tight.
  uint64_t available = reportedAvailable.value_or(0);
  if (available == 0 || available > total) {
    if (!estimateAvailable(text, total, available, why)) return false;
  }
  out = MemoryBound{total, total - available};
  return true;
}

bool parseSwap(std::string_view text, std::optional<SwapUsage>& out, std::string& why) {
  std::optional<uint64_t> total;
  std::optional<uint64_t> free;
  if (!findField(text, "SwapTotal", total, why)) return false;
  if (!findField(text, "SwapFree", free, why)) return false;
  if (total && free) out = SwapUsage{*total, *total - std::min(*free, *total)};
  return true;
}

}  // namespace ebbcache

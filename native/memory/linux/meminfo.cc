#include "memory/linux/meminfo.h"

#include <algorithm>
#include <array>
#include <limits>

#include "memory/linux/field_table.h"
#include "memory/linux/text.h"

namespace ebbcache {
namespace {

/// Empty unless the text is a number, of kilobytes where it says so.
std::optional<uint64_t> parseValue(std::string_view text) {
  constexpr uint64_t kMaxKilobytes = std::numeric_limits<uint64_t>::max() / 1024;
  const auto number = parseUint64(nextToken(text));
  const std::string_view unit = nextToken(text);
  if (!number || unit.empty()) return number;
  if (unit != "kB" || *number > kMaxKilobytes) return std::nullopt;
  return *number * 1024;
}

using MemberOfMeminfo = MeminfoField Meminfo::*;

constexpr FieldTable kFields(std::array<NamedField<MemberOfMeminfo>, 21>{{
    {"MemTotal", &Meminfo::memTotal},
    {"MemFree", &Meminfo::memFree},
    {"MemAvailable", &Meminfo::memAvailable},
    {"Buffers", &Meminfo::buffers},
    {"Cached", &Meminfo::cached},
    {"Active", &Meminfo::active},
    {"Inactive", &Meminfo::inactive},
    {"Unevictable", &Meminfo::unevictable},
    {"SwapTotal", &Meminfo::swapTotal},
    {"SwapFree", &Meminfo::swapFree},
    {"AnonPages", &Meminfo::anonPages},
    {"Shmem", &Meminfo::shmem},
    {"Slab", &Meminfo::slab},
    {"SReclaimable", &Meminfo::slabReclaimable},
    {"SUnreclaim", &Meminfo::slabUnreclaimable},
    {"KernelStack", &Meminfo::kernelStack},
    {"PageTables", &Meminfo::pageTables},
    {"Percpu", &Meminfo::percpu},
    {"HugePages_Total", &Meminfo::hugePages},
    {"Hugepagesize", &Meminfo::hugePageBytes},
    {"Hugetlb", &Meminfo::hugetlb},
}});

}  // namespace

Meminfo parseMeminfo(std::string_view text) {
  Meminfo meminfo;
  std::string_view line;
  while (nextLine(text, line)) {
    // The space after the colon may be missing: wide numbers use its column up.
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto* const field = kFields.find(line.substr(0, colon));
    if (field != nullptr) meminfo.*field->member = {true, parseValue(line.substr(colon + 1))};
  }
  return meminfo;
}

bool swapOf(const Meminfo& meminfo, std::optional<SwapUsage>& out, std::string& why) {
  if (rejectMalformed(meminfo.swapTotal, "SwapTotal", why)) return false;
  if (rejectMalformed(meminfo.swapFree, "SwapFree", why)) return false;
  const auto total = meminfo.swapTotal.value;
  const auto free = meminfo.swapFree.value;
  if (total && free) out = SwapUsage{*total, subtractSaturated(*total, *free)};
  return true;
}

bool rejectMalformed(const MeminfoField& field, std::string_view name, std::string& why) {
  if (!field.isMalformed()) return false;
  why = "has a malformed ";
  why.append(name);
  return true;
}

}  // namespace ebbcache

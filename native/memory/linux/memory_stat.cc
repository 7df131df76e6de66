#include "memory/linux/memory_stat.h"

#include <array>

#include "memory/linux/field_table.h"
#include "memory/linux/text.h"

namespace ebbcache {
namespace {

using MemberOfMemoryStat = std::optional<uint64_t> MemoryStat::*;

/// The names without "total_" leave the descendants out, but the usage includes them.
constexpr FieldTable kFieldsOfV1(std::array<NamedField<MemberOfMemoryStat>, 12>{{
    {"hierarchical_memory_limit", &MemoryStat::hierarchicalLimit},
    {"hierarchical_memsw_limit", &MemoryStat::hierarchicalSumLimit},
    {"total_rss", &MemoryStat::anon},
    {"total_shmem", &MemoryStat::shmem},
    {"total_dirty", &MemoryStat::dirty},
    {"total_writeback", &MemoryStat::writeback},
    {"total_workingset_refault_file", &MemoryStat::refaultedPages},
    {"total_inactive_anon", &MemoryStat::inactiveAnon},
    {"total_active_anon", &MemoryStat::activeAnon},
    {"total_inactive_file", &MemoryStat::inactiveFile},
    {"total_active_file", &MemoryStat::activeFile},
    {"total_unevictable", &MemoryStat::unevictable},
}});

constexpr FieldTable kFieldsOfV2(std::array<NamedField<MemberOfMemoryStat>, 17>{{
    {"anon", &MemoryStat::anon},
    {"kernel_stack", &MemoryStat::kernelStack},
    {"pagetables", &MemoryStat::pageTables},
    {"percpu", &MemoryStat::percpu},
    {"sock", &MemoryStat::sock},
    {"shmem", &MemoryStat::shmem},
    {"file_dirty", &MemoryStat::dirty},
    {"file_writeback", &MemoryStat::writeback},
    {"inactive_anon", &MemoryStat::inactiveAnon},
    {"active_anon", &MemoryStat::activeAnon},
    {"inactive_file", &MemoryStat::inactiveFile},
    {"active_file", &MemoryStat::activeFile},
    {"unevictable", &MemoryStat::unevictable},
    {"slab_reclaimable", &MemoryStat::slabReclaimable},
    {"slab_unreclaimable", &MemoryStat::slabUnreclaimable},
    {"workingset_refault_file", &MemoryStat::refaultedPages},
    // Linux before 5.9 has this name, and counts only files.
    {"workingset_refault", &MemoryStat::refaultedPages},
}});

/// Lines have the form "name value".
template <typename Table>
bool parseFields(const Table& fields, std::string_view text, MemoryStat& out, std::string& why) {
  std::string_view line;
  while (nextLine(text, line)) {
    const std::string_view name = line.substr(0, line.find(' '));
    const auto* const field = fields.find(name);
    if (field == nullptr) continue;
    line.remove_prefix(name.size());
    const auto value = parseUint64(nextToken(line));
    if (!value) {
      why = "has a malformed " + std::string(name);
      return false;
    }
    out.*field->member = value;
  }
  return true;
}

}  // namespace

bool parseMemoryStat(CgroupVersion version, std::string_view text, MemoryStat& out,
                     std::string& why) {
  MemoryStat stat;
  const bool parsed = version == CgroupVersion::kV1 ? parseFields(kFieldsOfV1, text, stat, why)
                                                    : parseFields(kFieldsOfV2, text, stat, why);
  if (parsed) out = stat;
  return parsed;
}

}  // namespace ebbcache

#include "memory/linux/memory_stat.h"

#include <array>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

using Value = std::optional<uint64_t> MemoryStat::*;

struct Field {
  std::string_view name;
  Value value;
};

// In the order of the kernel's text: see parseFields().

/// Names without "total_" leave the descendants out, but the usage has them.
constexpr std::array<Field, 12> kFieldsOfV1{{
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
}};

constexpr std::array<Field, 17> kFieldsOfV2{{
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
    // Before Linux 5.9, which counted files only.
    {"workingset_refault", &MemoryStat::refaultedPages},
}};

/// Lines are "name value". A field is looked for from behind the one that was found last, so that a
/// text in the order of `fields` takes one comparison a line that matters; any order is read.
template <size_t kCount>
bool parseFields(const std::array<Field, kCount>& fields, std::string_view text, MemoryStat& out,
                 std::string& why) {
  size_t next = 0;
  std::string_view line;
  while (nextLine(text, line)) {
    const std::string_view name = line.substr(0, line.find(' '));
    for (size_t step = 0; step < kCount; ++step) {
      const Field& field = fields[(next + step) % kCount];
      if (field.name != name) continue;
      line.remove_prefix(name.size());
      const auto bytes = parseUint64(nextWord(line));
      if (!bytes) {
        why = "has a malformed " + std::string(name);
        return false;
      }
      out.*field.value = bytes;
      next += step + 1;
      break;
    }
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

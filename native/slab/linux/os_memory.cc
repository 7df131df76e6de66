#include <sys/mman.h>
#include <unistd.h>

#include "slab/memory_source.h"
#include "slab/posix/aligned_map.h"

namespace ebbcache {
namespace {

/// The first touch and the return of a huge page cost a fifth to a twentieth of those of its small
/// pages.
constexpr size_t kHugePageBytes = size_t{2} << 20;

class LinuxMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    if (bytes % kHugePageBytes != 0) return inSmallPages(mapPages(bytes), bytes);
    void* const memory = mapAligned(bytes, kHugePageBytes);
    // A kernel without huge pages answers EINVAL; small pages serve as well.
    if (memory != nullptr) (void)::madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
  }

  void* mapSmall(size_t bytes) override {
    const bool aligned = bytes % kHugePageBytes == 0;
    return inSmallPages(aligned ? mapAligned(bytes, kHugePageBytes) : mapPages(bytes), bytes);
  }

  void unmap(void* memory, size_t bytes) override {
    // munmap refuses only when splitting a mapping would pass vm.max_map_count: then at least the
    // pages are given back.
    if (::munmap(memory, bytes) != 0) (void)::madvise(memory, bytes, MADV_DONTNEED);
  }

  size_t pageBytes() const override { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }
  size_t hugePageBytes() const override { return kHugePageBytes; }

 private:
  /// Some systems give huge pages to all mappings that do not decline. A huge page that reached
  /// beyond this mapping, because the kernel joined it with its neighbours, would not be given back
  /// when this is unmapped: the resident set falls, but the kernel keeps the huge page until a
  /// shortage of memory makes it split the page.
  static void* inSmallPages(void* memory, size_t bytes) {
    if (memory != nullptr) (void)::madvise(memory, bytes, MADV_NOHUGEPAGE);
    return memory;
  }
};

}  // namespace

MemorySource& osMemory() {
  // It is never destroyed: a thread may still give memory back while the process ends.
  static LinuxMemory& memory = *new LinuxMemory();
  return memory;
}

}  // namespace ebbcache

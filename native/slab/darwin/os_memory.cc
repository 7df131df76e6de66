#include <sys/mman.h>
#include <unistd.h>

#include "slab/memory_source.h"
#include "slab/posix/aligned_map.h"

namespace ebbcache {
namespace {

class DarwinMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override { return mapPages(bytes); }
  void unmap(void* memory, size_t bytes) override { (void)::munmap(memory, bytes); }
  size_t pageBytes() const override { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }
};

}  // namespace

MemorySource& osMemory() {
  // It is never destroyed: a thread may still give memory back while the process ends.
  static DarwinMemory& memory = *new DarwinMemory();
  return memory;
}

}  // namespace ebbcache

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include "slab/memory_source.h"

namespace ebbcache {
namespace {

class WindowsMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    return ::VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  }

  void unmap(void* memory, size_t /*bytes*/) override {
    (void)::VirtualFree(memory, 0, MEM_RELEASE);
  }

  size_t pageBytes() const override {
    SYSTEM_INFO info;
    ::GetSystemInfo(&info);
    return info.dwPageSize;
  }
};

}  // namespace

MemorySource& osMemory() {
  // It is never destroyed: a thread may still give memory back while the process ends.
  static WindowsMemory& memory = *new WindowsMemory();
  return memory;
}

}  // namespace ebbcache

#include "process/forked_child.h"

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace ebbcache {
namespace {

/// MADV_WIPEONFORK, which older headers lack: the pages read as zero in a child. Linux has it from
/// 4.14 on.
constexpr int kWipeOnFork = 18;
constexpr int kNoAdvice = -1;
constexpr size_t kLargestPageBytes = size_t{64} << 10;

constexpr unsigned char kNotForked = 1;
constexpr unsigned char kMustAsk = 0;

/// Contains a whole page, wherever it lies. It is the library's own memory, so it is freed when the
/// library is unloaded, and not before.
unsigned char markRoom[2 * kLargestPageBytes];

pid_t loadedBy = 0;

/// Null where the system does not wipe pages.
unsigned char* wipedPage() {
  const auto pageBytes = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  if (pageBytes > kLargestPageBytes) return nullptr;
  const size_t past = reinterpret_cast<uintptr_t>(markRoom) % pageBytes;
  unsigned char* const page = markRoom + (past == 0 ? 0 : pageBytes - past);
  // An emulator may take any advice and follow none.
  if (::madvise(page, pageBytes, kNoAdvice) == 0) return nullptr;
  return ::madvise(page, pageBytes, kWipeOnFork) == 0 ? page : nullptr;
}

bool setMark() {
  loadedBy = ::getpid();
  unsigned char* const page = wipedPage();
  if (page == nullptr) {
    forkMark = &kMustAsk;
    return false;
  }
  *page = kNotForked;
  forkMark = page;
  return true;
}

}  // namespace

// The answer is right for code that runs before the library's own initializers, too.
const volatile unsigned char* forkMark = &kNotForked;

namespace {
const bool kIsWiped = setMark();
}  // namespace

bool isForkedChildBySystem() {
  // A child in a process namespace of its own may have the parent's number there.
  return kIsWiped || ::getpid() != loadedBy;
}

}  // namespace ebbcache

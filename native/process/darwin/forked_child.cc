#include "process/forked_child.h"

#include <sys/types.h>
#include <unistd.h>

namespace ebbcache {
namespace {

constexpr unsigned char kMustAsk = 0;

const pid_t kLoadedBy = ::getpid();

}  // namespace

// macOS has no pages that read as zero in a child, but getpid() is no system call either.
const volatile unsigned char* forkMark = &kMustAsk;

bool isForkedChildBySystem() {
  // 0 for code that runs before the library's own initializers.
  return kLoadedBy != 0 && ::getpid() != kLoadedBy;
}

}  // namespace ebbcache

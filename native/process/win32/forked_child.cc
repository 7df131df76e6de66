#include "process/forked_child.h"

namespace ebbcache {
namespace {

constexpr unsigned char kNotForked = 1;

}  // namespace

// Windows has no fork.
const volatile unsigned char* forkMark = &kNotForked;

bool isForkedChildBySystem() {
  return false;
}

}  // namespace ebbcache

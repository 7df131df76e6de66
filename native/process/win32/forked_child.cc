#include "process/forked_child.h"

namespace ebbcache {
namespace {

constexpr unsigned char kNotForked = 1;

}  // namespace

// There is no fork here.
const volatile unsigned char* forkMark = &kNotForked;

bool isForkedChildBySystem() {
  return false;
}

}  // namespace ebbcache

#include "memory/system_bound.h"

namespace ebbcache {

bool toSystemBound(const char* call, uint64_t total, uint64_t available, MemoryBound& out,
                   std::string& error) {
  if (total == 0 || available > total) {
    error = std::string(call) + " says that " + std::to_string(available) + " of " +
            std::to_string(total) + " bytes are available.";
    return false;
  }
  out = MemoryBound{total, total - available};
  return true;
}

}  // namespace ebbcache

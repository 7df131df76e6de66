#include "cabi/library.h"

#include <dlfcn.h>

namespace ebbcache {

bool pinLibrary() {
  static const char insideThisLibrary = 0;
  Dl_info info;
  if (dladdr(&insideThisLibrary, &info) == 0) return false;
  return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
}

}  // namespace ebbcache

// The table of the C interface: what include/ebbcache.h promises, on top of runtime/.
#pragma once

#include "ebbcache.h"

namespace ebbcache {

/// Never null; constant, valid as long as this library is mapped.
const ebbcache_api* nativeApiTable();

}  // namespace ebbcache

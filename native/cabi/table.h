// The table of the C interface: it implements include/ebbcache.h with runtime/.
#pragma once

#include "ebbcache.h"

namespace ebbcache {

/// Never null. The table is constant, and valid as long as this library is mapped.
const ebbcache_api* nativeApiTable();

}  // namespace ebbcache

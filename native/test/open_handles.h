// The number of system objects that this process has open: a leak shows as a number that grows.
#pragma once

#include <cstddef>

namespace ebbcache::testing {

/// Counts file descriptors, or on Windows handles.
size_t countOpenHandles();

}  // namespace ebbcache::testing

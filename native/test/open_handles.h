// How many things of the system this process has open: leaks show as a number that grows.
#pragma once

#include <cstddef>

namespace ebbcache::testing {

/// File descriptors, or on Windows handles.
size_t countOpenHandles();

}  // namespace ebbcache::testing

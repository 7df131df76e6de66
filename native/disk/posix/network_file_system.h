// Tells whether a folder is on a file system of another machine: each machine caches its pages, so
// a reader would not see what a writer on another machine has changed.
#pragma once

#include <string>

namespace ebbcache {

/// The name of the network file system. Empty for a folder on this machine, and for one whose file
/// system is unknown.
std::string networkFileSystemOf(const std::string& folder);

}  // namespace ebbcache

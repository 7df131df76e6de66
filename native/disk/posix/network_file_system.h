// Whether a folder is on a file system of another machine: its pages are cached on each, so a
// reader would not see what a writer on another machine has changed.
#pragma once

#include <string>

namespace ebbcache {

/// The name of the network file system, or an empty string for a folder on this machine, and for
/// one of which the system does not tell.
std::string networkFileSystemOf(const std::string& folder);

}  // namespace ebbcache

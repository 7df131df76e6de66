// The one field of stat() that has another name on macOS.
#pragma once

#include <sys/stat.h>

#include <ctime>

namespace ebbcache {

timespec modifiedAt(const struct stat& found);

}  // namespace ebbcache

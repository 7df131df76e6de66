#include "files/posix/modified_at.h"

namespace ebbcache {

timespec modifiedAt(const struct stat& found) {
  return found.st_mtim;
}

}  // namespace ebbcache

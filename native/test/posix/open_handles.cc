#include "open_handles.h"

#include <filesystem>
#include <iterator>

namespace ebbcache::testing {

size_t countOpenHandles() {
  // The descriptor that lists the folder is counted each time.
  const std::filesystem::directory_iterator descriptors("/dev/fd");
  return static_cast<size_t>(std::distance(begin(descriptors), end(descriptors)));
}

}  // namespace ebbcache::testing

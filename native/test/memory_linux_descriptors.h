// The open descriptors of this process.
#pragma once

#include <dirent.h>

#include <cstdlib>
#include <memory>
#include <set>

namespace ebbcache {

/// The count leaves out the descriptor that lists them.
inline std::set<int> openDescriptors() {
  std::set<int> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), ::closedir);
  while (const dirent* const entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.') numbers.insert(std::atoi(&entry->d_name[0]));
  }
  numbers.erase(::dirfd(folder.get()));
  return numbers;
}

}  // namespace ebbcache

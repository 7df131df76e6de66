// Tells which file system a file is on: only the kernel's own files may be written to.
#pragma once

#include <string>

namespace ebbcache {

bool isOnCgroup2(const std::string& path);

/// Whether the file is on procfs or cgroup2, whose files the kernel makes.
bool isKernelFile(int descriptor);

/// Whether the file is on one of those, or on a v1 hierarchy of cgroups.
bool isOnKernelFileSystem(int descriptor);

}  // namespace ebbcache

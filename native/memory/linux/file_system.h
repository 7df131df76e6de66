// Which file system a file is on: only the kernel's own may be written to.
#pragma once

#include <string>

namespace ebbcache {

bool isOnCgroup2(const std::string& path);

/// On procfs or cgroup2, whose files the kernel makes.
bool isKernelFile(int descriptor);

/// The same, or on a v1 hierarchy of cgroups.
bool isOnKernelFileSystem(int descriptor);

}  // namespace ebbcache

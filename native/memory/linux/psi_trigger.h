// A trigger by which the kernel reports that tasks wait for memory.
#pragma once

#include <string>
#include <string_view>

#include "files/posix/descriptor.h"

namespace ebbcache {

/// Arms a trigger on a PSI file, e.g. "some 100000 2000000" and a NUL. Returns false where the
/// descriptor is not one of the kernel's files, which is not written to then, or where the kernel
/// refuses.
bool armTrigger(int descriptor, std::string_view trigger);

/// Opens a descriptor on which poll() has POLLPRI once at least one task has waited for 100 ms
/// within 2 s, and POLLERR when the group of the file is removed. Any user may ask for that window
/// since Linux 6.5. It is not open where the kernel refuses the trigger.
Descriptor openStallTrigger(const std::string& path);

}  // namespace ebbcache

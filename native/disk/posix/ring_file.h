// The ring's file on POSIX systems.
#pragma once

#include <sys/stat.h>

#include <memory>

#include "disk/ring_file.h"
#include "files/posix/descriptor.h"

namespace ebbcache {

FileIdentity identityOf(const struct stat& found);

/// Takes over a plain file, whose state is `found`.
std::unique_ptr<RingFile> ringFileOf(Descriptor file, const struct stat& found, bool isReadOnly);

}  // namespace ebbcache

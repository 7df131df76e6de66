// The ring's file on Windows.
#pragma once

#include <memory>

#include "disk/ring_file.h"
#include "files/win32/plain_file.h"

namespace ebbcache {

/// Takes over a plain file.
std::unique_ptr<RingFile> ringFileOf(Handle file, const FileIdentity& identity, bool isReadOnly);

}  // namespace ebbcache

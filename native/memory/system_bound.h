// The machine's bound from what macOS and Windows say of its physical memory.
#pragma once

#include <cstdint>
#include <string>

#include "memory/snapshot.h"

namespace ebbcache {

/// Bytes. False, with a sentence about `call` in `error` and `out` untouched, for numbers that
/// cannot be: no memory at all, or more available than there is. Cut to the total, the latter would
/// mean that memory never gets tight.
bool toSystemBound(const char* call, uint64_t total, uint64_t available, MemoryBound& out,
                   std::string& error);

}  // namespace ebbcache

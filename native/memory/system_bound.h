// The machine's bound from what macOS and Windows say of its physical memory.
#pragma once

#include <cstdint>
#include <string>

#include "memory/snapshot.h"

namespace ebbcache {

/// Makes a bound of two numbers of bytes. Returns false, with a sentence about `call` in `error`
/// and `out` untouched, for numbers that cannot be: a total of 0, or more available than the total.
/// Cut to the total, the latter would mean that memory never gets tight.
bool toSystemBound(const char* call, uint64_t total, uint64_t available, MemoryBound& out,
                   std::string& error);

}  // namespace ebbcache

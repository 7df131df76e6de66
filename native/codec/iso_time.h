// Writes a time as JavaScript's Date.prototype.toISOString does.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ebbcache {

constexpr size_t kIsoTimeBytes = 24;

/// Writes "1970-01-01T00:00:00.000Z" for 0 ms since the epoch, and so on until the year 9999, at
/// `at`; returns its end.
char* writeIsoTime(uint64_t ms, char* at);

}  // namespace ebbcache

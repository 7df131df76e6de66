// The time until the machine is sampled again.
#pragma once

#include <chrono>

#include "memory/snapshot.h"

namespace ebbcache {

/// Memory fills more slowly than this: the first touch of a huge page takes a thread some 120 us a
/// MiB, which is 8 GiB a second, and two threads stay below this.
constexpr double kFastestFill = 16.0 * (uint64_t{1} << 30);

/// How long no bound can reach `percent` of its limit, from its current usage: from `shortest` to
/// `longest`. In a group of 1 GiB that is always the shortest, on a machine with 16 GiB to spare a
/// second.
std::chrono::milliseconds nextPollDelay(const MemoryUsage& usage, double percent,
                                        std::chrono::milliseconds shortest,
                                        std::chrono::milliseconds longest);

}  // namespace ebbcache

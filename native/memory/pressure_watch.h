// Waiting for the operating system to say that memory gets tight, before usage shows it.
#pragma once

#include <chrono>
#include <memory>

#include "memory/snapshot.h"

namespace ebbcache {

/// Whose tasks had to wait for memory.
struct Stalls {
  bool system = false;
  bool group = false;
};

/// Sleeps until there is a reason to look at the machine. What a system's notification means is in
/// OsPressureHint, which MemoryReader reads; here it only ends the sleep.
class PressureWatch {
 public:
  virtual ~PressureWatch() = default;
  /// From now on stalls matter; until then the watch may hear of none. Called by the thread that
  /// waits; more than once does no more. What it takes (PSI triggers: 8 to 16 ms to let go of each)
  /// is taken only here.
  virtual void listen() {}
  /// Returns after `atMost`, after wake(), or when the system has something to say; early returns
  /// without a reason are allowed, a spin of them is not: one thing said is reported once. The
  /// stalls are those since the last return. One thread at a time; never throws.
  virtual Stalls wait(std::chrono::milliseconds atMost) = 0;
  /// Ends the wait that is, or else the next one. From any thread.
  virtual void wake() = 0;
};

/// The watch of this operating system. Never null: where a source of notifications cannot be had,
/// the watch does without it, and where none can, it is a TimedWatch.
std::unique_ptr<PressureWatch> openPressureWatch(const MemoryRoots& roots = {});

}  // namespace ebbcache

// A wait that ends when the operating system says that memory gets tight, before usage shows it.
#pragma once

#include <chrono>
#include <memory>

#include "memory/snapshot.h"

namespace ebbcache {

/// The stalls since the last return: whose tasks had to wait for memory.
struct Stalls {
  bool system = false;
  bool group = false;
};

/// Sleeps until there is a reason to sample the machine. MemoryReader reads what a system's
/// notification means (see OsPressureHint); here it only ends the sleep.
class PressureWatch {
 public:
  virtual ~PressureWatch() = default;
  /// Stalls matter from this call on; before it, the watch may report none. The thread that waits
  /// MUST call it, and may call it more than once. Only this call takes resources of the kernel:
  /// each PSI trigger takes 8 to 16 ms to release.
  virtual void listen() {}
  /// Returns after `timeout`, after wake(), or when the system reports something. It may return
  /// early without a reason, but not again and again: each report ends one wait. One thread at a
  /// time may call it; it never throws.
  virtual Stalls wait(std::chrono::milliseconds timeout) = 0;
  /// Ends the current wait, or else the next one. Any thread may call it.
  virtual void wake() = 0;
};

/// Opens the watch of this operating system; never null. Where a source of notifications is
/// missing, the watch does without it; where all are, it is a TimedWatch.
std::unique_ptr<PressureWatch> openPressureWatch(const MemoryRoots& roots = {});

}  // namespace ebbcache

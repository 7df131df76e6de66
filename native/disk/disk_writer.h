// The thread that writes for a disk tier: only this thread waits for the file's lock and for the
// disk. It repeats these steps:
//
//   wait for changes, a request, or the next check of the folder
//   open a ring for writing, or report why there is none and drop the values that wait
//   under the file's lock: read the header, clear, write a batch of changes and the counters
//   finish the flushes and leases whose changes are settled
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "base/settable_clock.h"
#include "disk/disk_event_log.h"
#include "disk/ring_access.h"
#include "disk/write_queue.h"

namespace ebbcache {

/// Any thread may change these.
struct DiskCounts {
  std::atomic<uint64_t> hits{0};
  std::atomic<uint64_t> misses{0};
  std::atomic<uint64_t> writes{0};
  std::atomic<uint64_t> evictions{0};
  std::atomic<uint64_t> expirations{0};
  std::atomic<uint64_t> drops{0};
  std::atomic<uint64_t> errors{0};
};

class DiskWriter {
 public:
  using Counters = std::array<uint64_t, kRingCounters>;

  DiskWriter(RingAccess& access, WriteQueue& queue, DiskEventLog& events, DiskCounts& counts,
             const SettableClock& clock, uint64_t checkMs);
  /// Writes the changes that wait, for at most a second, and ends the thread.
  ~DiskWriter();
  DiskWriter(const DiskWriter&) = delete;
  DiskWriter& operator=(const DiskWriter&) = delete;

  /// A change waits. Changes that come within a millisecond or two are written together.
  void wake();
  /// The folder or the ring may have changed: the writer checks at once.
  void wakeNow();
  /// Calls `done` once, from the writer, when all changes that wait now are settled. It is true
  /// where all puts since the last flush are written, and with `toDisk`, are on the disk itself. It
  /// is false after `waitMs`.
  void whenSettled(bool toDisk, uint64_t waitMs, std::function<void(bool)> done);
  void addToCounters(const Counters& deltas);

 private:
  using Clock = std::chrono::steady_clock;

  struct Request {
    uint64_t number;
    Clock::time_point until;
    bool toDisk;
    std::function<void(bool)> done;
    /// Whether it was settled when the writer checked last: a later clear, say, does not count.
    bool isSettled;
  };

  void run();
  /// Returns whether there is more to do at once.
  bool work();
  bool writeBatch();
  void applyBatch(RingHeader& header);
  void finishRequests();
  void noteTrouble(RingOpening& opening);
  void noteBusy();
  void noteInUse();
  bool hasWork() const;

  RingAccess& access_;
  WriteQueue& queue_;
  DiskEventLog& events_;
  DiskCounts& counts_;
  const SettableClock& clock_;
  const std::chrono::milliseconds checkEvery_;

  std::mutex mutex_;
  std::condition_variable wakes_;
  // These are guarded by mutex_:
  bool isWoken_ = false;
  bool isUrgent_ = false;
  bool isStopping_ = false;
  std::list<Request> requests_;
  Counters deltas_{};

  std::atomic<bool> isWaiting_{false};
  /// Whether the last attempt to write failed, so that the next one is not made at once.
  bool hasFailed_ = false;
  /// Whether the disk refused a put, and has not yet taken all puts of some time since.
  bool hasFailedToWrite_ = false;
  Clock::time_point failedToWriteAt_;
  Clock::time_point busySince_{};
  uint64_t dropsAtFlush_ = 0;
  std::thread thread_;
};

}  // namespace ebbcache

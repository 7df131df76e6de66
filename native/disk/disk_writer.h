// The thread of a disk tier that writes: it alone waits for the file's lock and for the disk.
//
//   wait for changes, a request, or the next look at the folder
//   have a ring that can be written, or say why there is none and drop values
//   under the file's lock: header, a clear that is due, a batch of changes, counters
//   finish flushes and leases whose changes are settled
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

#include "disk/disk_news_board.h"
#include "disk/ring_access.h"
#include "disk/write_queue.h"
#include "store/settable_clock.h"

namespace ebbcache {

/// Changed by any thread.
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

  DiskWriter(RingAccess& access, WriteQueue& queue, DiskNewsBoard& news, DiskCounts& counts,
             const SettableClock& clock, uint64_t checkMs);
  /// Writes what waits, for as long as a second, and ends the thread.
  ~DiskWriter();
  DiskWriter(const DiskWriter&) = delete;
  DiskWriter& operator=(const DiskWriter&) = delete;

  /// A change waits. What comes within a millisecond or two is written together.
  void wake();
  /// The folder or the ring may be another.
  void wakeToLook();
  /// `done` is called once, by the writer, when what waits now is settled: with whether all that
  /// was put since the last flush is written, and with `toDisk` is on the disk itself. With
  /// `waitMs`, false after so long.
  void whenSettled(bool toDisk, uint64_t waitMs, std::function<void(bool)> done);
  void addToCounters(const Counters& deltas);

 private:
  using Clock = std::chrono::steady_clock;

  struct Request {
    uint64_t number;
    Clock::time_point until;
    bool toDisk;
    std::function<void(bool)> done;
    /// Whether it was when the writer looked last: what comes later, such as a clear, does not
    /// count.
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
  DiskNewsBoard& news_;
  DiskCounts& counts_;
  const SettableClock& clock_;
  const std::chrono::milliseconds checkEvery_;

  std::mutex mutex_;
  std::condition_variable wakes_;
  // With mutex_ held:
  bool isWoken_ = false;
  bool isUrgent_ = false;
  bool isStopping_ = false;
  std::list<Request> requests_;
  Counters deltas_{};

  std::atomic<bool> isWaiting_{false};
  /// Whether the last attempt to write failed, so that the next one is not made at once.
  bool hasFailed_ = false;
  /// Whether the disk refused a put, and has not taken all of some time since.
  bool hasFailedToWrite_ = false;
  Clock::time_point failedToWriteAt_;
  Clock::time_point busySince_{};
  uint64_t dropsAtFlush_ = 0;
  std::thread thread_;
};

}  // namespace ebbcache

#include "disk/disk_writer.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "disk/ring_header.h"
#include "disk/ring_writer.h"
#include "disk/writer_thread.h"
#include "process/background_thread.h"

namespace ebbcache {
namespace {

using std::chrono::milliseconds;

/// The number of bytes for which the file's lock is held at a time.
constexpr uint64_t kBatchBytes = uint64_t{1} << 20U;
/// The writer waits for more changes where fewer bytes wait.
constexpr uint64_t kGatherBytes = uint64_t{256} << 10U;
constexpr milliseconds kGather{2};
constexpr uint64_t kLockMs = 50;
/// A lock that others hold for longer is trouble.
constexpr milliseconds kMaxBusy{1000};
constexpr milliseconds kStopWithin{1000};
/// A full disk takes a small put now and then: it counts as having room again where all puts of
/// this time were written.
constexpr milliseconds kRoomFor{250};

}  // namespace

DiskWriter::DiskWriter(RingAccess& access, WriteQueue& queue, DiskEventLog& events,
                       DiskCounts& counts, const SettableClock& clock, uint64_t checkMs)
    : access_(access),
      queue_(queue),
      events_(events),
      counts_(counts),
      clock_(clock),
      checkEvery_(checkMs),
      thread_([this] { run(); }) {}

DiskWriter::~DiskWriter() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    isStopping_ = true;
    isUrgent_ = true;
  }
  wakes_.notify_one();
  thread_.join();
}

void DiskWriter::wake() {
  // A writer at work checks the queue again before it waits.
  if (!isWaiting_.exchange(false)) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    isWoken_ = true;
  }
  wakes_.notify_one();
}

void DiskWriter::wakeNow() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    isUrgent_ = true;
  }
  wakes_.notify_one();
}

void DiskWriter::whenSettled(bool toDisk, uint64_t waitMs, std::function<void(bool)> done) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(
        {queue_.lastNumber(), Clock::now() + milliseconds(waitMs), toDisk, std::move(done), false});
    isUrgent_ = true;
  }
  wakes_.notify_one();
}

void DiskWriter::addToCounters(const Counters& deltas) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t i = 0; i < deltas.size(); ++i) deltas_[i] += deltas[i];
}

void DiskWriter::run() {
  prepareWriterThread();
  stayInBackground();
  Clock::time_point stopAt = Clock::time_point::max();
  for (bool more = true;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      isWaiting_ = true;
      // After a failure, changes wait for the next attempt.
      const auto isWanted = [this] {
        return (isWoken_ && !hasFailed_) || isUrgent_ || isStopping_;
      };
      // Checked after isWaiting_ was set: a later change wakes the writer.
      const bool waits = !more && (hasFailed_ || !hasWork());
      if (waits) {
        const auto pause = requests_.empty() ? checkEvery_ : std::min(checkEvery_, milliseconds(5));
        (void)wakes_.wait_for(lock, pause, isWanted);
      }
      const bool gathers = queue_.size() > 0 && queue_.valueBytes() < kGatherBytes;
      if (gathers && !isUrgent_ && !isStopping_) {
        (void)wakes_.wait_for(lock, kGather, [this] { return isUrgent_ || isStopping_; });
      }
      isWaiting_ = false;
      isWoken_ = false;
      isUrgent_ = false;
      if (isStopping_ && stopAt == Clock::time_point::max()) stopAt = Clock::now() + kStopWithin;
    }
    try {
      more = work();
    } catch (const std::exception&) {
      // The heap is exhausted: the changes wait until there is room again.
      ++counts_.errors;
      more = false;
      hasFailed_ = true;
    }
    finishRequests();
    if (stopAt == Clock::time_point::max()) continue;
    const bool isDone = !hasWork() || events_.isInTrouble() || Clock::now() >= stopAt;
    if (isDone) break;
  }
  std::list<Request> left;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    left.swap(requests_);
  }
  for (const Request& request : left) request.done(false);
}

bool DiskWriter::hasWork() const {
  return queue_.size() > 0 || queue_.isClearing();
}

bool DiskWriter::work() {
  RingOpening opening;
  hasFailed_ = false;
  const bool isOpen = access_.openForWriting(opening);
  if (opening.removedEarlier) {
    events_.tell({DiskEvent::Kind::kRemovedEarlier,
                  "The files of an earlier version of ebbcache in " + access_.path() +
                      " were removed: its records are made anew."});
  }
  if (!isOpen || opening.wasDamaged) noteTrouble(opening);
  return isOpen && writeBatch();
}

bool DiskWriter::writeBatch() {
  const bool hasCounters = [this] {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::any_of(deltas_.begin(), deltas_.end(), [](uint64_t delta) { return delta != 0; });
  }();
  if (!hasWork() && !hasCounters) {
    access_.refresh();
    if (!hasFailedToWrite_) noteInUse();
    return false;
  }
  RingOpening opening;
  RingHeader header;
  if (!access_.lock(kLockMs, header, opening)) {
    noteTrouble(opening);
    return false;
  }
  struct Unlock {
    RingAccess& access;
    ~Unlock() { access.unlock(); }
  };
  {
    const Unlock unlock{access_};
    access_.adopt(header);
    if (opening.wasDamaged) noteTrouble(opening);
    const uint64_t clears = queue_.clears();
    if (clears != 0) {
      const IoError error = access_.clear(header);
      if (error != IoError::kNone) {
        opening.trouble =
            "The disk tier in " + access_.path() + " could not be cleared. It is tried again.";
        noteTrouble(opening);
        return false;
      }
      queue_.cleared(clears);
    }
    applyBatch(header);
  }
  return !hasFailed_ && hasWork();
}

void DiskWriter::applyBatch(RingHeader& header) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (size_t i = 0; i < deltas_.size(); ++i) header.counters[i] += deltas_[i];
    deltas_ = {};
  }
  const uint64_t evictions = header.evictions;
  const uint64_t expirations = header.expirations;
  const std::vector<WriteQueue::Change> taken = queue_.take(kBatchBytes);
  struct PutBack {
    WriteQueue& queue;
    // Where the heap is exhausted, nothing was settled; else there is nothing to put back.
    ~PutBack() { queue.putBack(); }
  };
  const PutBack putBack{queue_};
  std::vector<RingChange> changes;
  changes.reserve(taken.size());
  for (const WriteQueue::Change& each : taken) changes.push_back(each->change());
  const IoError error =
      RingWriter(access_.file(), header, access_.used(), clock_.now()).apply(changes);
  std::vector<bool> isWritten(taken.size());
  bool hasDropped = false;
  bool hasFailed = error != IoError::kNone;
  bool hasPut = false;
  for (size_t i = 0; i < taken.size(); ++i) {
    const RingChange& change = changes[i];
    const bool isPut = change.kind == RingChange::Kind::kPut;
    isWritten[i] = change.outcome == RingChange::Outcome::kDone ||
                   change.outcome == RingChange::Outcome::kDropped;
    const bool isDropped = isPut && change.outcome != RingChange::Outcome::kDone;
    if (isDropped) ++counts_.drops;
    if (isPut && !isDropped) {
      ++counts_.writes;
      hasPut = true;
    }
    hasDropped |= isDropped;
    hasFailed |= !isWritten[i];
  }
  queue_.settle(isWritten);
  counts_.evictions += header.evictions - evictions;
  counts_.expirations += header.expirations - expirations;
  const bool isFine = !hasFailed && !hasDropped;
  // A removal that was written does not prove that there is room again.
  if (isFine && hasPut && Clock::now() - failedToWriteAt_ >= kRoomFor) hasFailedToWrite_ = false;
  if (isFine) {
    if (!hasFailedToWrite_) noteInUse();
    return;
  }
  hasFailedToWrite_ = true;
  failedToWriteAt_ = Clock::now();
  RingOpening opening;
  opening.trouble = !hasFailed ? "The disk has no room for records in " + access_.path() +
                                     ". Free some, or choose another folder. It is tried again."
                               : "The disk tier in " + access_.path() +
                                     " failed to write. Look at the disk. It is tried again.";
  noteTrouble(opening);
}

void DiskWriter::noteTrouble(RingOpening& opening) {
  // Where no new ring could be made either, that failure is the trouble.
  if (opening.wasDamaged && opening.trouble.empty()) {
    ++counts_.errors;
    events_.tell({DiskEvent::Kind::kDamaged, "The disk tier's file in " + access_.path() +
                                                 " was damaged, and was made anew."});
    return;
  }
  hasFailed_ = true;
  if (opening.isBusy) {
    noteBusy();
    return;
  }
  counts_.drops += queue_.dropValues();
  if (!events_.isInTrouble()) ++counts_.errors;
  events_.tell({DiskEvent::Kind::kTrouble, std::move(opening.trouble)});
}

void DiskWriter::noteBusy() {
  const Clock::time_point now = Clock::now();
  if (busySince_ == Clock::time_point{}) busySince_ = now;
  hasFailed_ = false;
  if (now - busySince_ < kMaxBusy) return;
  if (!events_.isInTrouble()) ++counts_.errors;
  events_.tell({DiskEvent::Kind::kTrouble,
                "Another process holds the lock of the disk tier in " + access_.path() +
                    " for longer than a second, so nothing is written to it. See whether it is "
                    "stopped. It is tried again."});
}

void DiskWriter::noteInUse() {
  busySince_ = {};
  events_.tell(
      {DiskEvent::Kind::kRecovered, "The disk tier in " + access_.path() + " is in use again."});
}

void DiskWriter::finishRequests() {
  std::list<Request> due;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const uint64_t settled = queue_.settledNumber();
    const bool isClearing = queue_.isClearing();
    const bool isHopeless = access_.state() == RingState::kUnusable ||
                            access_.state() == RingState::kReadable || events_.isInTrouble();
    const Clock::time_point now = Clock::now();
    for (auto at = requests_.begin(); at != requests_.end();) {
      const auto next = std::next(at);
      const bool isSettled = !isClearing && at->number <= settled;
      at->isSettled = isSettled;
      if (isSettled || isHopeless || now >= at->until) due.splice(due.end(), requests_, at);
      at = next;
    }
  }
  for (const Request& request : due) {
    bool isWritten = request.isSettled;
    if (request.toDisk) {
      const uint64_t drops = counts_.drops;
      isWritten = request.isSettled && std::exchange(dropsAtFlush_, drops) == drops &&
                  access_.state() == RingState::kWritable &&
                  access_.file().sync() == IoError::kNone;
    }
    request.done(isWritten);
  }
}

}  // namespace ebbcache

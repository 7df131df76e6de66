// Values on disk, for all stores of the process that use one folder. Thread-safe.
//
//   put    -> WriteQueue -> the writer thread -> RingWriter, under the file's lock
//   read   -> WriteQueue, then RingView, in the caller's thread and without the file's lock
//
// Only the writer thread waits for the file's lock and for writes. A put that cannot be written is
// dropped and counted, and the former value of its key is removed, so that no old value comes back.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/settable_clock.h"
#include "disk/disk_event_log.h"
#include "disk/disk_store.h"
#include "disk/disk_writer.h"
#include "disk/leases.h"
#include "disk/ring_access.h"
#include "disk/ring_folder.h"
#include "disk/ring_integrity.h"
#include "disk/ring_layout.h"
#include "disk/ring_view.h"
#include "disk/write_queue.h"

namespace ebbcache {

struct DiskTierOptions {
  std::string dir;
  /// The bound of all bytes in the folder: kMinRingBytes to kMaxRingBytes.
  uint64_t maxBytes = 0;
  RingKind kind = RingKind::kValues;

  /// Empty where all are in range; else a sentence that says which is not.
  std::string whyInvalid() const;
};

/// The environment of a tier; tests replace it.
struct DiskTierEnvironment {
  std::function<std::unique_ptr<RingFolder>(const std::string& dir)> openFolder = openRingFolder;
  /// Milliseconds since the epoch; null for the system's clock.
  uint64_t (*nowMs)() = nullptr;
  /// The time between the writer's checks of the folder, and between two attempts after a failure,
  /// in ms.
  uint64_t checkMs = 1000;
};

struct DiskTierStats {
  /// Whether the file can be read now, or is being opened without known trouble.
  bool available = false;
  uint64_t entries = 0;
  /// The size of the ring file.
  uint64_t bytes = 0;
  uint64_t maxBytes = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t writes = 0;
  /// Those of this process only.
  uint64_t evictions = 0;
  uint64_t expirations = 0;
  /// The number of puts that were not written: too many waited, the value is too large, or the disk
  /// refused it.
  uint64_t drops = 0;
  /// The number of reads and writes that failed, and of damaged entries.
  uint64_t errors = 0;
  /// The number of puts and removals that wait to be written.
  uint64_t pending = 0;
};

class DiskTier final : public DiskStore {
 public:
  using Counters = DiskWriter::Counters;

  /// A folder that cannot be used is no error: it causes an event, misses and drops, and the writer
  /// tries it again. Throws std::bad_alloc or std::system_error where the process has no memory or
  /// thread left.
  static std::shared_ptr<DiskTier> open(const DiskTierOptions& options,
                                        const DiskTierEnvironment& environment = {});
  /// Writes the changes that wait, for at most a second, and ends the thread.
  ~DiskTier() override;

  DiskPut put(std::string_view key, std::string_view value, const DiskPutOptions& options) override;
  DiskResult read(std::string_view key, DiskFound& found) override;
  DiskResult peek(std::string_view key, DiskFound& found) override;
  bool has(std::string_view key) override;
  bool isCurrent(std::string_view key, uint64_t version) override;
  bool remove(std::string_view key) override;
  void removeVersion(std::string_view key, uint64_t version) override;
  void clear() override;
  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view key)>& visit) override;
  /// Visits the keys of one place, in a tier of kind kRecords: those that begin with `place` and
  /// NUL.
  void scanPlace(std::string_view place, const std::function<void(std::string_view key)>& visit);

  /// Calls `done` once, from the writer thread or within this call: with true once all earlier puts
  /// are on the disk itself, and with false where some are not.
  void flush(std::function<void(bool isWritten)> done);
  /// Waits until all earlier puts are written or dropped. Returns false where that takes longer.
  bool settle(uint64_t timeoutMs);

  /// Changes the budget of the file, for all who use it.
  void resize(uint64_t maxBytes);
  DiskTierStats stats();
  /// Adds to the counters in the file, with the next batch.
  void addToCounters(const Counters& deltas);
  /// The counters in the file.
  Counters counters();

  /// Checks the queue, and then the ring under the file's lock, which the writer waits for
  /// meanwhile. Returns the first fault as a sentence, empty where there is none. Reads the whole
  /// file.
  std::string checkIntegrity(const RingTolerance& tolerance = {}) const;

  DiskEventLog& events() { return events_; }

  /// Asks for the lease on making the value of the key, among processes; see Leases. It is busy
  /// while the folder is being opened.
  Leases::Result acquireLease(std::string_view key);
  /// Releases the lease once all earlier puts are written or dropped, so that others find the
  /// value.
  void releaseLease(std::string_view key);

  /// Times to live follow the given time, ms since the epoch, which stands still until the next
  /// call. Entries that were put at a later time have expired, and where the given time is before
  /// the epoch, so have earlier ones.
  void giveTime(int64_t wallMs) { clock_.give(static_cast<uint64_t>(wallMs)); }
  /// Times to live follow the system's clock again.
  void giveNoTime() { clock_.giveNone(); }

  const DiskTierOptions& options() const { return options_; }
  /// The folder in use, which may be a private one within the folder of the options.
  std::string path() const { return access_.path(); }

 private:
  DiskTier(const DiskTierOptions& options, const DiskTierEnvironment& environment);

  uint64_t nextVersion();
  void push(WaitingChange change);
  /// Frees a slot that named an entry that is not there, unless the ring has been replaced.
  void removeBroken(std::string_view key, uint64_t version, bool isDamaged);
  /// Runs `read` on the ring. Where the ring was made anew meanwhile, a stale or broken result is a
  /// miss.
  template <typename Read>
  RingRead readRing(Read&& read);
  DiskResult readWaiting(const WaitingChange& change, DiskFound& found) const;

  const DiskTierOptions options_;
  const std::function<std::unique_ptr<RingFolder>(const std::string& dir)> openFolder_;
  SettableClock clock_;
  RingAccess access_;
  WriteQueue queue_;
  DiskEventLog events_;
  mutable DiskCounts counts_;
  std::once_flag hasLeases_;
  std::unique_ptr<Leases> leases_;
  const uint64_t versionSeed_;
  std::atomic<uint64_t> versions_{0};
  /// The last member, as its thread uses all the others.
  DiskWriter writer_;
};

}  // namespace ebbcache

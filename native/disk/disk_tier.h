// Values on disk, for all stores of the process that use one folder. Thread-safe.
//
//   put    -> WriteQueue -> the writer thread -> Ring::write, under the file's lock
//   read   -> WriteQueue, then Ring::read, in the caller's thread and with no lock of the file
//
// Nobody but the writer thread waits for the disk's locks or writes. What it cannot write is
// dropped and counted, and what the key had before is removed, so that no old value comes back.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "disk/disk_news_board.h"
#include "disk/disk_store.h"
#include "disk/disk_writer.h"
#include "disk/leases.h"
#include "disk/ring_access.h"
#include "disk/ring_folder.h"
#include "disk/ring_layout.h"
#include "disk/ring_view.h"
#include "disk/write_queue.h"
#include "store/settable_clock.h"

namespace ebbcache {

struct DiskTierOptions {
  std::string dir;
  /// All files in the folder have no more bytes: kMinRingBytes to kMaxRingBytes.
  uint64_t maxBytes = 0;
  RingKind kind = RingKind::kValues;

  /// Empty when all are in range; else a sentence that says which is not.
  std::string whyInvalid() const;
};

/// What a tier needs of the world around it; tests give it another.
struct DiskTierEnvironment {
  std::function<std::unique_ptr<RingFolder>(const std::string& dir)> openFolder = openRingFolder;
  /// Milliseconds since the epoch.
  uint64_t (*nowMs)() = nullptr;
  /// Pauses of the writer: between looks at the folder and at one that failed, ms.
  uint64_t checkMs = 1000;
};

struct DiskTierStats {
  /// Whether its file can be read now, or is being opened and no trouble is known.
  bool available = false;
  uint64_t entries = 0;
  /// The ring file's size.
  uint64_t bytes = 0;
  uint64_t maxBytes = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t writes = 0;
  /// By this process.
  uint64_t evictions = 0;
  uint64_t expirations = 0;
  /// Puts that were not written: too many waited, the value is too large, or the disk took none.
  uint64_t drops = 0;
  /// Reads and writes that failed, and entries that were not what was written.
  uint64_t errors = 0;
  /// Puts and removals that wait to be written.
  uint64_t pending = 0;
};

class DiskTier final : public DiskStore {
 public:
  using Counters = DiskWriter::Counters;

  /// A folder that cannot be used is no failure, but news, misses and drops, and is tried again.
  /// Throws std::bad_alloc or std::system_error where the process has no memory or thread left.
  static std::shared_ptr<DiskTier> open(const DiskTierOptions& options,
                                        const DiskTierEnvironment& environment = {});
  /// Writes what waits, for as long as a second, and ends the thread.
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
  /// Visits the keys of one place, of a tier of kind kRecords: those that begin with `place` and
  /// NUL.
  void scanPlace(std::string_view place, const std::function<void(std::string_view key)>& visit);

  /// `done` is called once, by the writer thread or in this call, when all that was put is on the
  /// disk itself, or with false where some of it is not.
  void flush(std::function<void(bool isWritten)> done);
  /// Waits until all that was put before is written or dropped, or for so long; false then.
  bool settle(uint64_t timeoutMs);

  /// Another budget, from now on, for all who use the file.
  void resize(uint64_t maxBytes);
  DiskTierStats stats();
  /// Adds to the counters that are kept in the file, with the next batch.
  void addToCounters(const Counters& deltas);
  /// Those of the file.
  Counters counters();

  DiskNewsBoard& news() { return news_; }

  /// A lease on making the value of the key, among processes; see Leases. While the folder is being
  /// opened, it is busy.
  Leases::Result acquireLease(std::string_view key);
  /// Released once all that was put before is written or dropped, so that others find the value.
  void releaseLease(std::string_view key);

  /// Has times to live follow a time that is given, ms since the epoch, which stands still until
  /// the next one is given. What was put at a later time has expired, and so has, after the epoch,
  /// what was put before it.
  void giveTime(int64_t wallMs) { clock_.give(static_cast<uint64_t>(wallMs)); }
  /// The tier follows the system's clock again.
  void giveNoTime() { clock_.giveNone(); }

  const DiskTierOptions& options() const { return options_; }
  /// The folder in use, which may be a private one in that of the options.
  std::string path() const { return access_.path(); }

 private:
  DiskTier(const DiskTierOptions& options, const DiskTierEnvironment& environment);

  uint64_t nextVersion();
  void push(WaitingChange change);
  /// The slot named an entry that is not there: it is freed, unless the ring is another by now.
  void dropBroken(std::string_view key, uint64_t version, bool isDamaged);
  /// Runs `read` on the ring; what it takes for stale or broken in one that was made anew meanwhile
  /// is a miss.
  template <typename Read>
  RingRead readRing(Read&& read);
  DiskResult readWaiting(const WaitingChange& change, DiskFound& found) const;

  const DiskTierOptions options_;
  SettableClock clock_;
  RingAccess access_;
  WriteQueue queue_;
  DiskNewsBoard news_;
  mutable DiskCounts counts_;
  std::once_flag hasLeases_;
  std::unique_ptr<Leases> leases_;
  const uint64_t versionSeed_;
  std::atomic<uint64_t> versions_{0};
  /// Last, as its thread uses all the others.
  DiskWriter writer_;
};

}  // namespace ebbcache

// The parts that exist once in a process: the governor, the supply of slabs, the stores that its
// threads open by name, the disk tiers behind them, and the flights.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "flights/flight_registry.h"
#include "pressure/governor.h"
#include "pressure/memory_sampler.h"
#include "runtime/open_disk_tiers.h"
#include "runtime/shared_store.h"
#include "runtime/warning_pace.h"
#include "slab/slab_supply.h"

namespace ebbcache {

class Runtime;

/// The reason why a store was not opened.
struct OpenError {
  /// Options out of range; options that differ from those of the open store of that name; memory
  /// that was refused; a forked process.
  enum class Kind : uint8_t { kNone, kInvalid, kConflict, kNoMemory, kForked };

  Kind kind = Kind::kNone;
  std::string sentence;
};

/// An open store; it closes when destroyed. The last handle of a store releases its memory, and the
/// last one of a disk tier ends the tier, which writes its waiting changes. In a forked child a
/// close only forgets the store, and nothing else of it may be called.
class StoreHandle {
 public:
  StoreHandle() = default;
  ~StoreHandle() { close(); }
  StoreHandle(StoreHandle&& other) noexcept = default;
  StoreHandle& operator=(StoreHandle&& other) noexcept;
  StoreHandle(const StoreHandle&) = delete;
  StoreHandle& operator=(const StoreHandle&) = delete;

  explicit operator bool() const { return shared_ != nullptr; }
  TieredStore& operator*() const { return shared_->tiered(); }
  TieredStore* operator->() const { return &shared_->tiered(); }
  /// The same, by values instead of what is stored of them.
  CodedStore& coded() const { return shared_->coded(); }
  /// The memory tier.
  Store& memory() const { return shared_->store(); }
  /// Null where the store has none.
  DiskTier* disk() const { return shared_->disk().get(); }
  /// The handle must be open.
  Runtime& runtime() const { return *runtime_; }
  SharedStoreStats stats() const { return shared_->stats(); }
  /// See SharedStore.
  void giveTime(int64_t wallMs) const { shared_->giveTime(wallMs); }
  void giveNoTime() const { shared_->giveNoTime(); }
  /// See Governor::apply().
  uint64_t applyPressure(PressureLevel level) const;
  /// See Governor::hold(): the store keeps the highest level of those that its open handles hold.
  uint64_t holdPressure(PressureLevel level) const;
  /// The highest level that any of them holds.
  PressureLevel heldLevel() const { return shared_->history().held(); }
  /// See Store::resize(); a level that is held keeps its share of the new maximum.
  bool resize(uint64_t maxBytes) const;
  /// See SharedStore.
  NewEvictions takeNewEvictions() const { return shared_->takeNewEvictions(); }
  void close();

 private:
  friend class Runtime;
  StoreHandle(std::shared_ptr<Runtime> runtime, std::shared_ptr<SharedStore> shared, uint64_t id)
      : runtime_(std::move(runtime)), shared_(std::move(shared)), id_(id) {}

  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<SharedStore> shared_;
  /// Unique among the handles of the runtime.
  uint64_t id_ = 0;
};

/// Thread-safe. It lives as long as an environment or an open store owns it.
class Runtime : public std::enable_shared_from_this<Runtime> {
 public:
  /// Null in a forked child.
  static std::shared_ptr<Runtime> current();

  Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Returns an empty handle where `error` says why not. Throws std::bad_alloc with nothing changed
  /// where the heap is exhausted.
  StoreHandle open(const SharedStoreOptions& given, OpenError& error);

  /// The sampler of the machine: all callers share one history of levels.
  MemorySampler& memory() { return memory_; }
  /// The governor of all stores.
  Governor& governor() { return governor_; }
  /// The flights and the pace of warnings that all threads share.
  FlightRegistry& flights() { return flights_; }
  WarningPace& warnings() { return warnings_; }

 private:
  friend class StoreHandle;

  struct OpenStore {
    std::shared_ptr<SharedStore> shared;
    uint64_t handles;
  };

  void release(const std::shared_ptr<SharedStore>& shared);

  // Declared before the governor, which may release a store last.
  SlabSupply supply_;
  Governor governor_;
  MemorySampler memory_;
  FlightRegistry flights_;
  WarningPace warnings_;
  std::mutex mutex_;
  std::vector<OpenStore> stores_;
  uint64_t handlesOpened_ = 0;
  // Guarded by mutex_.
  OpenDiskTiers diskTiers_;
};

}  // namespace ebbcache

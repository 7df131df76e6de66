// The helpers that the tests of the supply share: memory whose spare slabs are made when a test
// allows it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <mutex>
#include <thread>

#include "heap_faults.h"
#include "slab/memory_source.h"
#include "slab/slab_supply.h"
#include "store_fixture.h"

namespace ebbcache::test {

/// It reports all its pages as huge ones, so that small slabs are made ahead too. Requests of the
/// thread that constructed it are served at once; those of others (spare slabs) wait at a gate.
class GatedMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    if (std::this_thread::get_id() == owner_) return mapNow(bytes);
    ++spares;
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    --waiting_;
    return refusesSpares ? nullptr : mapNow(bytes);
  }
  void* mapSmall(size_t bytes) override {
    if (bytes == kSlabBytes) ++smallMaps;
    return mapNow(bytes);
  }
  void unmap(void* memory, size_t bytes) override {
    mapped -= bytes;
    osMemory().unmap(memory, bytes);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }
  size_t hugePageBytes() const override { return pageBytes(); }

  /// The size of slabs for budgets of 2 to 4 MiB.
  static constexpr size_t kSlabBytes = 64 * kKiB;

  void close() { setOpen(false); }
  void open() { setOpen(true); }
  void awaitOneAtTheGate() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

  std::atomic<uint64_t> mapped{0};
  /// The maximum of bytes that were mapped at once.
  std::atomic<uint64_t> maxMapped{0};
  /// The number of requests for spare slabs, and for slabs of small pages.
  std::atomic<uint64_t> spares{0};
  std::atomic<uint64_t> smallMaps{0};
  std::atomic<bool> refusesSpares{false};

 private:
  void* mapNow(size_t bytes) {
    const uint64_t now = mapped += bytes;
    for (uint64_t max = maxMapped; now > max && !maxMapped.compare_exchange_weak(max, now);) {
    }
    return osMemory().map(bytes);
  }
  void setOpen(bool open) {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }

  const std::thread::id owner_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
};

/// Opens the gate as soon as a spare slab waits at it.
class OpensWhenAwaited {
 public:
  explicit OpensWhenAwaited(GatedMemory& memory)
      : thread_([&memory] {
          memory.awaitOneAtTheGate();
          memory.open();
        }) {}
  ~OpensWhenAwaited() { thread_.join(); }
  OpensWhenAwaited(const OpensWhenAwaited&) = delete;
  OpensWhenAwaited& operator=(const OpensWhenAwaited&) = delete;

 private:
  TestThread thread_;
};

/// Returns when all slabs that were ordered before are made and their whenReady has returned.
inline void drainOnce(SlabSupply& supply) {
  std::promise<void> made;
  SlabOrder last(osMemory(), [&made] { made.set_value(); });
  const size_t bytes = osMemory().pageBytes();
  supply.order(last, bytes);
  made.get_future().wait();
  supply.forget(last);
  osMemory().unmap(last.collect(), bytes);
}

/// Does the same for slabs that whenReady orders, and so on to the end; `requests` counts the slabs
/// that were requested.
inline void drain(SlabSupply& supply, const std::atomic<uint64_t>& requests) {
  for (uint64_t before = UINT64_MAX; before != requests;) {
    before = requests;
    // A whenReady that is called while the first drain waits orders behind it, and before the
    // second.
    drainOnce(supply);
    drainOnce(supply);
  }
}

}  // namespace ebbcache::test

// One store under stress with its memory, its model, and the operations that threads do.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "pressure/governor.h"
#include "runtime/runtime.h"
#include "store_fixture.h"
#include "stress_memory.h"
#include "stress_model.h"
#include "stress_random.h"

namespace ebbcache::test {

struct StressSettings {
  std::string name;
  uint64_t maxBytes = 0;
  Policy policy = Policy::kLru;
  uint64_t maxEntries = 0;
  uint64_t keys = 0;
  /// One in so many entries has a time to live.
  uint64_t ttlOneIn = 1;
};

class StressStore {
 public:
  /// A store with its own memory and a clock that only the test advances.
  StressStore(const StressSettings& settings, Governor& governor, SlabSupply* supply,
              StressVerdict& verdict)
      : ttlOneIn(settings.ttlOneIn),
        hasSupply(supply != nullptr),
        model(settings.name, settings.keys, verdict),
        memory_(std::make_unique<StressMemory>(settings.maxBytes)) {
    StoreEnvironment environment = environmentOf(governor);
    environment.supply = supply;
    const SharedStoreOptions options = optionsOf(settings);
    shared_ = std::make_shared<SharedStore>(options, Store::open(options.store, environment));
    store_ = &shared_->store();
    now = [] { return fakeNow().load(); };
  }

  /// A named store of a runtime, in the system's own memory.
  StressStore(const StressSettings& settings, Runtime& runtime, StressVerdict& verdict)
      : ttlOneIn(settings.ttlOneIn),
        model(settings.name, settings.keys, verdict),
        runtime_(&runtime) {
    options_ = optionsOf(settings);
    handle_ = openHandle();
    if (handle_) store_ = &handle_.memory();
    now = [] {
      const auto sinceBoot = std::chrono::steady_clock::now().time_since_epoch();
      return static_cast<uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(sinceBoot).count());
    };
  }

  Store& store() { return *store_; }
  /// The store as the governor knows it; null for a store of a runtime.
  const std::shared_ptr<SharedStore>& shared() const { return shared_; }
  StressMemory* memory() const { return memory_.get(); }

  /// Opens another handle of a runtime's store for a while.
  StoreHandle openHandle() {
    OpenError error;
    StoreHandle handle = runtime_->open(options_, error);
    if (!handle) model.fail("No handle: " + error.sentence);
    return handle;
  }
  bool isOfRuntime() const { return runtime_ != nullptr; }

  /// Resizes the store. One resize runs at a time, so that the allowed bytes are known meanwhile.
  void resize(uint64_t to) {
    const std::lock_guard<std::mutex> lock(resizing_);
    const uint64_t from = store_->maxBytes();
    const uint64_t refused = memory_ ? memory_->refused.load() : 0;
    if (memory_) memory_->mayBeOut = std::max(from, to);
    const bool done = store_->resize(to);
    if (memory_) memory_->mayBeOut = store_->maxBytes();
    if (store_->maxBytes() != (done ? to : from)) model.fail("A resize left another size.");
    if (!done && memory_ && memory_->refused == refused) {
      model.fail("A resize from " + std::to_string(from) + " to " + std::to_string(to) +
                 " failed though no memory was refused.");
    }
  }

  void clear() {
    const auto completed = model.beforeClear();
    store_->clear();
    model.cleared(completed);
  }

  // ---------------------------------------------------------------- at rest: no other thread

  /// Checks all that must hold between two rounds.
  void checkAtRest() {
    std::string fault = store_->checkIntegrity();
    if (!fault.empty()) return model.fail(fault);
    const StoreStats stats = store_->stats();
    expect("heldBytes against the memory that is out", stats.heldBytes,
           memory_ ? memory_->mapped.load() : stats.heldBytes);
    expect("puts", stats.puts, puts);
    expect("hits and misses", stats.hits + stats.misses, gets);
    expect("budget passed by", 0, memory_ ? memory_->maxOverAllowance.load() : 0);
    expect("refusals", stats.memoryRefusals,
           memory_ && !hasSupply ? memory_->refused.load() : stats.memoryRefusals);
    checkEntries();
  }

  /// Checks that the store recovers completely once memory is granted again.
  void checkRecovery(ValueReader& reader) {
    for (uint64_t id = 0; id < std::min<uint64_t>(model.size(), 20); ++id) {
      std::string value;
      const uint64_t version = model.nextVersion(id);
      VersionedValue(id, version).write(value, 8 + id * 20);
      if (store_->put("recovered", value) != PutResult::kStored) {
        return model.fail("A put of some bytes is refused though all memory is granted.");
      }
      ++puts;
      ++gets;
      if (!reader.get(*store_, "recovered") || reader.value() != value) {
        return model.fail("What was put last is not there.");
      }
    }
    store_->remove("recovered");
  }

  const uint64_t ttlOneIn;
  /// The store's clock, ms.
  std::function<uint64_t()> now;
  std::atomic<bool> growthDenied{false};
  std::atomic<uint64_t> puts{0};
  std::atomic<uint64_t> gets{0};
  /// Whether it has a supply, whose refused requests are not counted.
  const bool hasSupply = false;
  StressModel model;

 private:
  static SharedStoreOptions optionsOf(const StressSettings& settings) {
    SharedStoreOptions options;
    options.name = settings.name;
    options.store.maxBytes = settings.maxBytes;
    options.store.maxEntries = settings.maxEntries;
    options.store.policy = settings.policy;
    return options;
  }

  StoreEnvironment environmentOf(Governor& governor) {
    StoreEnvironment environment;
    environment.memory = memory_.get();
    environment.steadyMs = [] { return fakeNow().load(); };
    environment.mayGrow = [this, &governor](uint64_t bytes) {
      return !growthDenied && governor.mayGrow(bytes);
    };
    return environment;
  }

  void expect(const char* what, uint64_t is, uint64_t shouldBe) {
    if (is == shouldBe) return;
    model.fail(std::string(what) + ": " + std::to_string(is) + ", and should be " +
               std::to_string(shouldBe) + ".");
  }

  /// Checks that a scan visits every entry once, and that each is found by its key and is the last
  /// one stored.
  void checkEntries() {
    std::unordered_map<std::string_view, uint64_t> ids;
    for (uint64_t id = 0; id < model.size(); ++id) ids[model.key(id)] = id;
    uint64_t cursor = 0;
    std::unordered_set<uint64_t> seen;
    do {
      cursor = store_->scan(cursor, [&](std::string_view key) {
        const auto id = ids.find(key);
        if (id == ids.end()) return model.fail("A scan visits what is no key.");
        if (!seen.insert(id->second).second) model.fail("A scan visits a key twice.");
      });
    } while (cursor != 0);
    ValueReader reader;
    uint64_t found = 0;
    for (uint64_t id = 0; id < model.size(); ++id) {
      const uint64_t at = now();
      const uint64_t oldest = model.oldest(id);
      if (!reader.peek(*store_, model.key(id))) continue;
      ++found;
      model.checkExactly(id, oldest, at, reader.value());
      if (seen.count(id) == 0) model.fail("A scan does not visit the key " + std::to_string(id));
    }
    // Some entries may have expired meanwhile, where the clock does not stand still.
    if (!isOfRuntime()) expect("entries that a scan visits", seen.size(), found);
    if (!isOfRuntime() && store_->stats().entries < found) model.fail("More entries than counted.");
  }

  SharedStoreOptions options_;
  std::unique_ptr<StressMemory> memory_;
  std::shared_ptr<SharedStore> shared_;
  Runtime* runtime_ = nullptr;
  StoreHandle handle_;
  Store* store_ = nullptr;
  std::mutex resizing_;
};

}  // namespace ebbcache::test

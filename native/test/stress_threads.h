// The threads of the stress test: those that put a store's keys, those that read them, and those
// that change its size, its budget and its memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pressure_fakes.h"
#include "stress_store.h"

namespace ebbcache::test {

/// The only thread that puts keys of the residue class `part` of `parts`.
class StressWriter {
 public:
  StressWriter(uint64_t part, uint64_t parts, StressRandom random)
      : part_(part), parts_(parts), random_(random) {}

  void step(StressStore& at, Store& store) {
    const uint64_t id = random_.skewedBelow(at.model.size() / parts_) * parts_ + part_;
    const std::string& key = at.model.key(id);
    const uint64_t oldest = at.model.oldest(id);
    const uint64_t now = at.now();
    switch (random_.below(20)) {
      case 0:
      case 1:
        store.remove(key);
        at.model.removed(id);
        if (store.has(key)) at.model.fail("A key that was removed is still there.");
        break;
      case 2:
        // No value has this prefix, so the value is removed.
        (void)getPrefixed(at, store, key, ~uint64_t{0});
        at.model.removed(id);
        if (store.has(key)) at.model.fail("A key of another prefix is still there.");
        break;
      case 3:
      case 4:
      case 5:
        if (getPrefixed(at, store, key, at.model.lastStored(id))) {
          at.model.checkExactly(id, oldest, now, value_);
        }
        break;
      case 6:
      case 7:
        ++at.gets;
        if (reader_.get(store, key)) at.model.checkExactly(id, oldest, now, reader_.value());
        break;
      default:
        put(at, store, id);
    }
  }

 private:
  void put(StressStore& at, Store& store, uint64_t id) {
    const uint64_t version = at.model.nextVersion(id);
    VersionedValue(id, version).write(value_, StressModel::bytesOf(id, version));
    PutOptions options;
    options.ttlMs = random_.oneIn(at.ttlOneIn) ? 1 + random_.skewedBelow(30'000) : 0;
    options.cost = static_cast<double>(random_.below(4));
    if (store.put(at.model.key(id), value_, options) != PutResult::kStored) return;
    ++at.puts;
    at.model.stored(id, version, options.ttlMs == 0 ? kNeverExpires : at.now() + options.ttlMs);
  }

  bool getPrefixed(StressStore& at, Store& store, const std::string& key, uint64_t version) {
    const std::string prefix(reinterpret_cast<const char*>(&version), sizeof version);
    for (uint64_t bytes = 0;;) {
      value_.resize(std::max<uint64_t>(bytes, 4096));
      const ReadResult result = store.getPrefixed(key, prefix, value_.data(), value_.size(), bytes);
      if (result == ReadResult::kBufferTooSmall) continue;
      ++at.gets;
      if (result == ReadResult::kMiss) return false;
      value_.resize(bytes);
      return true;
    }
  }

  const uint64_t part_;
  const uint64_t parts_;
  StressRandom random_;
  ValueReader reader_;
  std::string value_;
};

class StressReader {
 public:
  explicit StressReader(StressRandom random) : random_(random) {}

  void step(StressStore& at, Store& store) {
    const uint64_t id = random_.skewedBelow(at.model.size());
    const std::string& key = at.model.key(id);
    const uint64_t oldest = at.model.oldest(id);
    switch (random_.below(16)) {
      case 0:
        (void)store.has(key);
        break;
      case 1:
      case 2:
        if (reader_.peek(store, key)) at.model.check(id, oldest, reader_.value());
        break;
      case 3:
      case 4:
      case 5:
        ++at.gets;
        store.view(key, [&](std::string_view value) { at.model.check(id, oldest, value); });
        break;
      case 6:
        scanSome(at, store, random_.below(200));
        break;
      case 7:
        checkStats(at, store);
        break;
      default:
        ++at.gets;
        if (reader_.get(store, key)) at.model.check(id, oldest, reader_.value());
    }
  }

 private:
  static void scanSome(StressStore& at, Store& store, uint64_t calls) {
    uint64_t cursor = 0;
    do {
      cursor = store.scan(cursor, [&](std::string_view key) {
        const bool known = key.substr(0, 4) == "key-" || key == "recovered";
        if (!known) at.model.fail("A scan visits what is no key.");
      });
    } while (cursor != 0 && calls-- > 0);
  }

  static void checkStats(StressStore& at, Store& store) {
    const StoreStats stats = store.stats();
    if (stats.heldBytes > stats.budgetBytes) at.model.fail("More is held than the budget.");
    if (stats.budgetBytes > stats.maxBytes) at.model.fail("The budget is above maxBytes.");
    if (stats.payloadBytes > stats.heldBytes) at.model.fail("There is more payload than memory.");
    if (stats.entries > at.model.size() + 1) at.model.fail("There are more entries than keys.");
    if (stats.pressureEvictions > stats.evictions) at.model.fail("More pressure evictions.");
  }

  StressRandom random_;
  ValueReader reader_;
};

/// Changes a store's size, budget and memory.
class StressDisturber {
 public:
  using Machine = ebbcache::testing::FakeMachine;

  StressDisturber(StressRandom random, Machine& machine) : random_(random), machine_(machine) {}

  void step(StressStore& at, Store& store, Governor& governor) {
    switch (random_.below(24)) {
      case 0:
      case 1:
        at.resize(random_.magnitude(kMinBudgetBytes, kLargestSize));
        break;
      case 2:
        store.shrink(random_.skewedBelow(store.maxBytes()));
        break;
      case 3:
      case 4:
        store.setBudget(store.budgetBytes(), random_.below(store.maxBytes()));
        break;
      case 5:
      case 6:
        store.setBudget(store.budgetBytes(), UINT64_MAX);
        break;
      case 7:
        store.trimPayload(random_.below(store.payloadBytes() + 1));
        break;
      case 8:
        if (random_.oneIn(6)) at.clear();
        break;
      case 9:
      case 10:
      case 11:
        fakeNow() += random_.below(1500);
        store.maintain();
        break;
      case 12:
      case 13:
      case 14:
        changeMachine();
        break;
      case 15:
        if (at.shared()) governor.apply(at.shared().get(), someLevel());
        break;
      case 16:
        if (at.shared()) governor.hold(at.shared().get(), someLevel());
        break;
      case 17:
        governor.tick(Governor::Clock::now());
        break;
      case 18:
        at.growthDenied = random_.oneIn(2);
        break;
      case 19:
      case 20:
      case 21:
        if (at.memory() != nullptr) changeMemory(*at.memory());
        break;
      default:
        (void)store.minBudget();
        (void)store.stats();
    }
  }

 private:
  static constexpr uint64_t kLargestSize = 640 * kMiB;

  PressureLevel someLevel() { return static_cast<PressureLevel>(random_.below(5)); }

  void changeMachine() {
    constexpr double kPercents[] = {10, 50, 65, 78, 88, 97};
    machine_.setPercent(kPercents[random_.below(6)]);
    machine_.setFailing(random_.oneIn(10));
    machine_.setGroup(random_.oneIn(3) ? std::optional<MemoryBound>(
                                             MemoryBound{100 * kMiB, random_.below(100) * kMiB})
                                       : std::nullopt);
  }

  void changeMemory(StressMemory& memory) {
    memory.grantAll();
    switch (random_.below(5)) {
      case 0:
        memory.refusesOneIn = 2 + random_.below(30);
        break;
      case 1:
        memory.refusesAbove = memory.mapped * (1 + random_.below(4)) / 2;
        break;
      case 2:
        memory.refusesUntil = memory.requests + random_.below(200);
        break;
      default:
        break;
    }
  }

  StressRandom random_;
  Machine& machine_;
};

}  // namespace ebbcache::test

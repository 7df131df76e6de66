// Puts into a store that is full because of its budget, because the system refuses memory, or
// because the machine denies growth; and puts that must examine many entries.
#include <atomic>
#include <memory>
#include <random>
#include <string>

#include "bench/adversity.h"

namespace ebbcache::bench {
namespace {

constexpr uint64_t kBudget = 256 * kMiB;

enum class Against : uint8_t { kNothing, kRefusals, kDenial };

const char* nameOf(Against against) {
  if (against == Against::kRefusals) return "memory refused above 3/4";
  return against == Against::kDenial ? "growth denied above 3/4" : "budget full";
}

}  // namespace

void measurePutsInAdversity() {
  const std::string value(kValueOf600, 'v');
  const uint64_t full = kBudget / kValueOf600;
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    for (const Against against : {Against::kNothing, Against::kRefusals, Against::kDenial}) {
      const std::string name =
          std::string("put of 600 B, ") + bench::nameOf(policy) + ", " + nameOf(against);
      BoundedMemory memory;
      std::atomic<bool> mayGrow{true};
      const auto store = openStore(
          kBudget, policy, [&mayGrow](uint64_t) { return mayGrow.load(); }, memory);
      uint64_t next = 0;
      if (against == Against::kRefusals) memory.most = kBudget / 4 * 3;
      if (against == Against::kDenial) {
        while (store->heldBytes() < kBudget / 4 * 3) store->put(keyOf(next++), value);
        mayGrow = false;
      }
      const uint64_t filledAt = next + full;
      while (next < filledAt) store->put(keyOf(next++), value);
      // Entries that are read live longer, so that entries do not leave in the order they came.
      std::mt19937_64 random(1);
      std::string out(kValueOf600, '\0');
      CallTimer timer;
      uint64_t stored = 0;
      for (const uint64_t end = next + full; next < end;) {
        uint64_t bytes = 0;
        store->get(keyOf(next - random() % full), out.data(), out.size(), bytes);
        const std::string key = keyOf(next++);
        timer.time([&] { stored += store->put(key, value) == PutResult::kStored ? 1 : 0; });
      }
      timer.printQuantiles(name);
      print(name + ", share stored", static_cast<double>(stored) / static_cast<double>(full));
      print(name + ", entries", static_cast<double>(store->stats().entries));
    }
  }
}

void measureLargePutsRefused() {
  constexpr uint64_t kPuts = 5000;
  const std::string value(200'000, 'v');
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    const std::string name =
        std::string("put of 200 kB, ") + bench::nameOf(policy) + ", memory refused above 3/4";
    BoundedMemory memory;
    const auto store = openStore(kBudget, policy, {}, memory);
    memory.most = kBudget / 4 * 3;
    CallTimer timer;
    uint64_t stored = 0;
    for (uint64_t i = 0; i < kPuts; ++i) {
      const std::string key = keyOf(i);
      timer.time([&] { stored += store->put(key, value) == PutResult::kStored ? 1 : 0; });
    }
    print(name + ", stored of 5000", static_cast<double>(stored));
    print(name + ", evictions", static_cast<double>(store->stats().evictions));
    print(name + ", entries", static_cast<double>(store->stats().entries));
    timer.printQuantiles(name);
  }
}

void measureSecondChances() {
  constexpr uint64_t kValueBytes = 40;
  // An entry takes its key and its share of the index too.
  constexpr uint64_t kEntryBytes = 90;
  const std::string value(kValueBytes, 'v');
  for (const uint64_t entries : {1'200'000, 3'600'000}) {
    for (const bool hitsAll : {false, true}) {
      const std::string name = "S3-FIFO of " + std::to_string(entries / 100'000) +
                               "00,000 entries, " + (hitsAll ? "each" : "none") + " hit once";
      const auto store = openStore(entries * kEntryBytes, Policy::kS3Fifo);
      uint64_t next = 0;
      while (store->stats().evictions == 0) store->put(keyOf(next++), value);
      uint64_t hits = 0;
      std::string out(kValueBytes, '\0');
      for (uint64_t i = 0; hitsAll && i < next; ++i) {
        uint64_t bytes = 0;
        if (store->get(keyOf(i), out.data(), out.size(), bytes) == ReadResult::kHit) ++hits;
      }
      CallTimer timer;
      for (const uint64_t end = next + 100'000; next < end;) {
        const std::string key = keyOf(next++);
        timer.time([&] { store->put(key, value); });
      }
      print(name + ", entries", static_cast<double>(store->stats().entries));
      print(name + ", hits", static_cast<double>(hits));
      timer.printQuantiles(name + ", put");
    }
  }
}

void measureExpiry() {
  constexpr uint64_t kEntries = 1'400'000;
  constexpr uint64_t kTtlMs = 1000;
  const std::string value(40, 'v');
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    const std::string name =
        std::string("1,400,000 entries expired, ") + bench::nameOf(policy) + ", maintain";
    const auto store = openStore(512 * kMiB, policy);
    PutOptions options;
    options.ttlMs = kTtlMs;
    for (uint64_t i = 0; i < kEntries; ++i) store->put(keyOf(i), value, options);
    // Slabs of small pages are moved first, so that the calls need not do that.
    //
    // The argument is a number, because its type differs between versions.
    while (static_cast<int>(store->maintain()) != 0) {
    }
    virtualNow() += 2 * kTtlMs;
    CallTimer timer;
    while (store->stats().entries > 0) timer.time([&] { store->maintain(); });
    timer.printSum(name);
    timer.printLongest(name);
  }
}

void measurePutsWithoutSlots() {
  const std::string value(4000, 'v');
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    const std::string name = std::string("put of 4 kB, ") + bench::nameOf(policy) +
                             ", budget of 16 GiB with all slots in use";
    const auto store = openStore(kMaxBudgetBytes, policy);
    const uint64_t full = kMaxBudgetBytes / value.size();
    uint64_t next = 0;
    while (next < full) store->put(keyOf(next++), value);
    CallTimer timer;
    for (const uint64_t end = next + full / 8; next < end;) {
      const std::string key = keyOf(next++);
      timer.time([&] { store->put(key, value); });
    }
    timer.printQuantiles(name);
    print(name + ", held of 16 GiB",
          static_cast<double>(store->heldBytes()) / static_cast<double>(kMaxBudgetBytes));
  }
}

}  // namespace ebbcache::bench

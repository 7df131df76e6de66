// Threads that read, put, remove and clear on one tier, and others on a second tier of the same
// file: no thread sees a version that is older than one it has seen or written, nor a torn value.
// EBBCACHE_DISK_THREADS_MS sets the duration.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "disk_tier_fixture.h"
#include "heap_faults.h"
#include "stress_random.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kKeys = 200;
constexpr uint64_t kThreads = 4;

uint64_t bytesOf(uint64_t id, uint64_t version) {
  const uint64_t random = mix(mix(id) + version);
  return random % 300 == 0 ? 100'000 : 8 + random % 3000;
}

/// The knowledge of all threads about the tier that is written to.
struct World {
  explicit World(uint64_t maxBytes)
      : tier(openTier(disk, maxBytes)), other(openTier(disk, maxBytes)) {
    disk.setTorn(true);
    EXPECT_TRUE(tier->settle(kLongMs));
    EXPECT_TRUE(other->settle(kLongMs));
  }

  void fail(const std::string& why) {
    if (!hasFailed.exchange(true)) ADD_FAILURE() << why;
  }

  MemoryDisk disk;
  std::shared_ptr<DiskTier> tier;
  std::shared_ptr<DiskTier> other;
  /// The oldest version of each key that a read which begins now may see: versions that were
  /// replaced, removed or cleared before must not be seen again.
  std::array<std::atomic<uint64_t>, kKeys> oldest{};
  /// The version that is certainly in the file.
  std::array<std::atomic<uint64_t>, kKeys> settled{};
  std::array<std::atomic<uint64_t>, kKeys> newest{};
  std::atomic<bool> isOver{false};
  std::atomic<bool> hasFailed{false};
  std::atomic<uint64_t> hits{0};
};

void raise(std::atomic<uint64_t>& to, uint64_t min) {
  uint64_t now = to;
  while (now < min && !to.compare_exchange_weak(now, min)) {
  }
}

/// Reads keys, and remembers the versions that it saw.
class Reader {
 public:
  Reader(World& world, DiskTier& tier, bool isLast) : world_(world), tier_(tier), isLast_(isLast) {}

  void read(uint64_t id) {
    const uint64_t known = isLast_ ? world_.oldest[id] : world_.settled[id];
    const uint64_t oldest = std::max(seen_[id], known);
    const auto found = readString(tier_, keyOf(id));
    if (!found) return;
    ++world_.hits;
    const uint64_t version = found->size() < 8 ? 0 : VersionedValue::versionIn(*found);
    if (version == 0 || !VersionedValue(id, version).matches(*found) ||
        found->size() != bytesOf(id, version)) {
      world_.fail("A value that was never put: " + keyOf(id));
    } else if (version < oldest || version > world_.newest[id]) {
      world_.fail(keyOf(id) + " has version " + std::to_string(version) + ", not from " +
                  std::to_string(oldest) + " to " + std::to_string(world_.newest[id]));
    }
    seen_[id] = std::max(seen_[id], version);
  }
  void saw(uint64_t id, uint64_t version) { seen_[id] = std::max(seen_[id], version); }

 private:
  World& world_;
  DiskTier& tier_;
  const bool isLast_;
  std::array<uint64_t, kKeys> seen_{};
};

/// Only this thread puts and removes the keys of its residue class.
void runWriter(World& world, uint64_t part, StressRandom random, bool mayClear) {
  Reader reader(world, *world.tier, true);
  std::vector<uint64_t> tokens(kKeys);
  std::string value;
  while (!world.isOver && !world.hasFailed) {
    const uint64_t id = random.skewedBelow(kKeys / kThreads) * kThreads + part;
    const std::string key = keyOf(id);
    const uint64_t last = world.newest[id];
    switch (random.below(20)) {
      case 0:
        (void)world.tier->remove(key);
        raise(world.oldest[id], last + 1);
        break;
      case 1:
        world.tier->removeVersion(key, tokens[id]);
        raise(world.oldest[id], last + 1);
        break;
      case 2:
        if (!random.oneIn(50)) break;
        if (mayClear && random.oneIn(5)) {
          world.tier->clear();
          // Puts of others in the meantime may have come after the clear.
          for (uint64_t i = 0; i < kKeys; ++i) {
            if (i % kThreads == part) raise(world.oldest[i], world.newest[i] + 1);
          }
        } else {
          std::array<uint64_t, kKeys> before{};
          for (uint64_t i = 0; i < kKeys; ++i) before[i] = world.oldest[i];
          if (!world.tier->settle(kLongMs)) world.fail("It was not settled.");
          for (uint64_t i = 0; i < kKeys; ++i) raise(world.settled[i], before[i]);
        }
        break;
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
        reader.read(id);
        break;
      default: {
        // A removal takes the number after that of the last put.
        const uint64_t version = std::max<uint64_t>(last, world.oldest[id]) + 1;
        VersionedValue(id, version).write(value, bytesOf(id, version));
        world.newest[id] = version;
        tokens[id] = putString(*world.tier, key, value);
        raise(world.oldest[id], version);
        reader.saw(id, version);
      }
    }
  }
}

void runReader(World& world, DiskTier& tier, StressRandom random) {
  Reader reader(world, tier, &tier == world.tier.get());
  while (!world.isOver && !world.hasFailed) {
    const uint64_t id = random.skewedBelow(kKeys);
    switch (random.below(30)) {
      case 0:
        (void)tier.stats();
        break;
      case 1:
        (void)tier.has(keyOf(id));
        break;
      case 2: {
        uint64_t cursor = random.below(64);
        cursor = tier.scan(cursor, [&](std::string_view key) {
          if (key.substr(0, 4) != "key-") world.fail("A scan visits what is no key.");
        });
        break;
      }
      default:
        reader.read(id);
    }
  }
}

void runThreads(uint64_t stream, uint64_t maxBytes, bool mayClear, bool isRemoved) {
  World world(maxBytes);
  std::vector<TestThread> threads;
  for (uint64_t part = 0; part < kThreads; ++part) {
    threads.emplace_back([&world, part, stream, mayClear] {
      runWriter(world, part, StressRandom(stream, part), mayClear);
    });
  }
  for (uint64_t i = 0; i < 2; ++i) {
    threads.emplace_back(
        [&world, i, stream] { runReader(world, *world.tier, StressRandom(stream, 100 + i)); });
    threads.emplace_back(
        [&world, i, stream] { runReader(world, *world.other, StressRandom(stream, 200 + i)); });
  }
  using Clock = std::chrono::steady_clock;
  const auto end =
      Clock::now() + std::chrono::milliseconds(stepsFrom("EBBCACHE_DISK_THREADS_MS", 1000));
  StressRandom random(stream, 300);
  while (Clock::now() < end && !world.hasFailed) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + random.below(20)));
    if (isRemoved && random.oneIn(3)) world.disk.unlink();
  }
  world.isOver = true;
  for (TestThread& thread : threads) thread.join();
  EXPECT_GT(world.hits, 100U);
  for (const auto& tier : {world.tier, world.other}) {
    EXPECT_TRUE(tier->settle(kLongMs));
    EXPECT_EQ(tier->checkIntegrity(), "");
  }
}

TEST(DiskThreads, SeeNoOlderVersionInASmallRing) {
  runThreads(1, kMinRingBytes, false, false);
}

TEST(DiskThreads, SeeNoOlderVersionInALargeRing) {
  runThreads(2, 32 * kMinRingBytes, false, false);
}

TEST(DiskThreads, SeeNoOlderVersionAfterClears) {
  runThreads(3, kMinRingBytes, true, false);
}

TEST(DiskThreads, SeeNoOlderVersionWhereTheFileIsRemoved) {
  runThreads(4, 4 * kMinRingBytes, true, true);
}

}  // namespace
}  // namespace ebbcache::test

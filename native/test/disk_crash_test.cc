// A tier whose process is killed at any call of a batch, or in the middle of a write. The next
// process finds no value that is older than what was settled, and all entries that the batch did
// not change.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "disk_tier_fixture.h"
#include "seeded_random.h"
#include "versioned_value.h"

namespace ebbcache::test {
namespace {

/// Large enough that a lap of a ring of 1 MiB has some 190 values.
constexpr uint64_t kValueBytes = 4000;
constexpr uint64_t kKeys = 100;
constexpr uint64_t kMaxCalls = 400;

std::string valueOf(uint64_t key, uint64_t version) {
  std::string value;
  VersionedValue(key, version).write(value, kValueBytes);
  return value;
}

struct Batch {
  const char* name;
  /// The calls of the batch, which was not settled before the crash.
  std::function<void(DiskTier&)> act;
  /// The versions that a key may have afterwards; 0 is none. Keys outside the batch have kSettled.
  std::function<std::vector<uint64_t>(uint64_t key)> allowed;
};

constexpr uint64_t kSettled = 1;
constexpr uint64_t kNew = 2;

/// Makes a file with all keys.
std::string settledFile(bool isFull, uint64_t maxBytes) {
  MemoryDisk disk;
  const auto tier = openTier(disk, maxBytes);
  // The fillers are written first, so that the hand passes them first.
  for (uint64_t i = 0; isFull && i < 40; ++i) {
    putString(*tier, "filler " + std::to_string(i), std::string(kValueBytes, 'f'));
  }
  for (uint64_t key = 0; key < kKeys; ++key) {
    putString(*tier, keyOf(key), valueOf(key, kSettled));
  }
  EXPECT_TRUE(tier->settle(kLongMs));
  return disk.bytes();
}

void checkVersions(DiskTier& tier, const Batch& batch, const std::string& crash) {
  for (uint64_t key = 0; key < kKeys; ++key) {
    const auto found = readString(tier, keyOf(key));
    const uint64_t version = found ? VersionedValue::versionIn(*found) : 0;
    if (found) {
      EXPECT_EQ(*found, valueOf(key, version));
    }
    const std::vector<uint64_t> allowed = batch.allowed(key);
    const bool isAllowed = std::find(allowed.begin(), allowed.end(), version) != allowed.end();
    EXPECT_TRUE(isAllowed) << batch.name << ": key " << key << " has version " << version << crash;
  }
}

/// Runs the batch on a tier that is killed at the n-th call; returns false where it ran to its end.
bool crashesAt(const Batch& batch, uint64_t n, uint64_t bytes, const std::string& file,
               uint64_t maxBytes) {
  MemoryDisk disk;
  disk.setBytes(file);
  bool isCrashed = false;
  {
    const auto tier = openTier(disk, maxBytes);
    putString(*tier, "opened", "");
    EXPECT_TRUE(tier->settle(kLongMs));
    disk.crashAt(n, bytes);
    batch.act(*tier);
    isCrashed = !tier->settle(kLongMs);
  }
  disk.recover();
  const std::string crash =
      " after call " + std::to_string(n) + " with " + std::to_string(bytes) + " bytes";
  const auto tier = openTier(disk);
  checkVersions(*tier, batch, crash);
  EXPECT_TRUE(tier->settle(kLongMs));
  checkVersions(*tier, batch, crash);
  EXPECT_EQ(tier->checkIntegrity(), "") << batch.name << crash;
  // The ring works on.
  for (uint64_t key = 0; key < kKeys; ++key) {
    putString(*tier, "after " + std::to_string(key), valueOf(key, 3));
  }
  EXPECT_TRUE(tier->settle(kLongMs));
  for (uint64_t key = kKeys - 30; key < kKeys; ++key) {
    EXPECT_EQ(readString(*tier, "after " + std::to_string(key)), valueOf(key, 3)) << crash;
  }
  EXPECT_LE(disk.bytes().size(), kMinRingBytes);
  EXPECT_EQ(tier->checkIntegrity(), "") << batch.name << crash;
  EXPECT_FALSE(tier->events().isInTrouble());
  return isCrashed;
}

void crashEverywhere(const Batch& batch, bool isFull = false, uint64_t maxBytes = kMinRingBytes) {
  const std::string file = settledFile(isFull, maxBytes);
  for (const uint64_t bytes : {0, 700, 3000}) {
    uint64_t n = 1;
    while (crashesAt(batch, n, bytes, file, maxBytes)) {
      ASSERT_FALSE(::testing::Test::HasFailure());
      // A sanitizer is slow, so it skips some calls.
      n += kSanitized && n > 8 ? 9 : 1;
      ASSERT_LT(n, kMaxCalls);
    }
    // At least one call of the batch was a crash.
    ASSERT_GT(n, 1U) << batch.name;
  }
}

const std::vector<uint64_t> kOnlySettled{kSettled};

TEST(DiskCrash, ACrashInAPutOfANewKeyLosesNothingElse) {
  crashEverywhere({"new key", [](DiskTier& tier) { putString(tier, "new", "value"); },
                   [](uint64_t) { return kOnlySettled; }});
}

TEST(DiskCrash, ACrashInAReplacementLeavesTheOldValueOrTheNewOneOrNone) {
  crashEverywhere({"replaced", [](DiskTier& tier) { putString(tier, keyOf(7), valueOf(7, kNew)); },
                   [](uint64_t key) {
                     return key == 7 ? std::vector<uint64_t>{kSettled, kNew, 0} : kOnlySettled;
                   }});
}

TEST(DiskCrash, ACrashInARemovalLeavesTheOldValueOrNone) {
  crashEverywhere({"removal", [](DiskTier& tier) { tier.remove(keyOf(7)); },
                   [](uint64_t key) {
                     return key == 7 ? std::vector<uint64_t>{kSettled, 0} : kOnlySettled;
                   }});
}

TEST(DiskCrash, ACrashInABatchLeavesEachChangeDoneOrNot) {
  crashEverywhere({"many",
                   [](DiskTier& tier) {
                     for (uint64_t key = 0; key < 20; key += 2) {
                       putString(tier, keyOf(key), valueOf(key, kNew));
                       tier.remove(keyOf(key + 1));
                     }
                   },
                   [](uint64_t key) {
                     if (key >= 20) return kOnlySettled;
                     return key % 2 == 0 ? std::vector<uint64_t>{kSettled, kNew, 0}
                                         : std::vector<uint64_t>{kSettled, 0};
                   }});
}

TEST(DiskCrash, ACrashOfTheHandLosesAtMostTheChunkItWasIn) {
  crashEverywhere({"hand",
                   [](DiskTier& tier) {
                     // Entries that are read are written again when the hand enters their chunk.
                     for (uint64_t key = 0; key < 60; ++key) (void)readString(tier, keyOf(key));
                     for (uint64_t i = 0; i < 70; ++i) {
                       putString(tier, "more " + std::to_string(i), std::string(kValueBytes, 'm'));
                     }
                   },
                   [](uint64_t key) {
                     // The first chunk has the fillers and the first 24 keys.
                     return key < 24 ? std::vector<uint64_t>{kSettled, 0} : kOnlySettled;
                   }},
                  true);
}

TEST(DiskCrash, ACrashInAClearLeavesOldValuesOrNone) {
  crashEverywhere({"clear", [](DiskTier& tier) { tier.clear(); },
                   [](uint64_t) {
                     return std::vector<uint64_t>{kSettled, 0};
                   }});
}

TEST(DiskCrash, ACrashInAResizeLosesNothing) {
  const auto resizing = [](uint64_t maxBytes) {
    return [maxBytes](DiskTier& tier) {
      tier.resize(maxBytes);
      putString(tier, "new", "value");
    };
  };
  const auto allowed = [](uint64_t) { return kOnlySettled; };
  crashEverywhere({"smaller", resizing(kMinRingBytes), allowed}, false, 4 * kMinRingBytes);
  crashEverywhere({"larger", resizing(2 * kMinRingBytes), allowed});
}

TEST(DiskCrash, PutsAfterACrashInAClearRestoreNoOldValues) {
  crashEverywhere({"clear and put",
                   [](DiskTier& tier) {
                     tier.clear();
                     putString(tier, keyOf(7), valueOf(7, kNew));
                   },
                   [](uint64_t key) {
                     return key == 7 ? std::vector<uint64_t>{kSettled, kNew, 0}
                                     : std::vector<uint64_t>{kSettled, 0};
                   }});
}

}  // namespace
}  // namespace ebbcache::test

// A tier whose process is killed at any call of a batch, or in the middle of a write: whoever comes
// next finds no value that is older than what was settled, and all that the batch did not touch.
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

/// Wide enough for a lap of a ring of 1 MiB to be some 190 of them.
constexpr uint64_t kValueBytes = 4000;
constexpr uint64_t kKeys = 100;
constexpr uint64_t kMostCalls = 400;

std::string valueOf(uint64_t key, uint64_t version) {
  std::string value;
  VersionedValue(key, version).write(value, kValueBytes);
  return value;
}

struct Batch {
  const char* name;
  /// The calls of the batch, which was not settled before the crash.
  std::function<void(DiskTier&)> act;
  /// Versions that a key may have afterwards; 0 for none. Others have kSettled.
  std::function<std::vector<uint64_t>(uint64_t key)> allowed;
};

constexpr uint64_t kSettled = 1;
constexpr uint64_t kNew = 2;

/// A file with all keys.
std::string settledFile(bool isFull, uint64_t maxBytes) {
  MemoryDisk disk;
  const auto tier = openTier(disk, maxBytes);
  // In the order of the file, so that the hand passes these first.
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

/// Runs the batch on a tier that is killed at the n-th call; false where it ran to its end.
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
  // The ring goes on working.
  for (uint64_t key = 0; key < kKeys; ++key) {
    putString(*tier, "after " + std::to_string(key), valueOf(key, 3));
  }
  EXPECT_TRUE(tier->settle(kLongMs));
  for (uint64_t key = kKeys - 30; key < kKeys; ++key) {
    EXPECT_EQ(readString(*tier, "after " + std::to_string(key)), valueOf(key, 3)) << crash;
  }
  EXPECT_LE(disk.bytes().size(), kMinRingBytes);
  EXPECT_FALSE(tier->news().isInTrouble());
  return isCrashed;
}

void crashEverywhere(const Batch& batch, bool isFull = false, uint64_t maxBytes = kMinRingBytes) {
  const std::string file = settledFile(isFull, maxBytes);
  for (const uint64_t bytes : {0, 700, 3000}) {
    uint64_t n = 1;
    while (crashesAt(batch, n, bytes, file, maxBytes)) {
      ASSERT_FALSE(::testing::Test::HasFailure());
      // Not each of them where a sanitizer makes that slow.
      n += kSanitized && n > 8 ? 9 : 1;
      ASSERT_LT(n, kMostCalls);
    }
    // The crash came into the batch at all.
    ASSERT_GT(n, 1U) << batch.name;
  }
}

const std::vector<uint64_t> kOnlySettled{kSettled};

TEST(DiskCrash, OfANewKeyLosesNothingElse) {
  crashEverywhere({"new key", [](DiskTier& tier) { putString(tier, "new", "value"); },
                   [](uint64_t) { return kOnlySettled; }});
}

TEST(DiskCrash, OfAReplacedKeyLeavesTheOldValueOrTheNewOneOrNone) {
  crashEverywhere({"replaced", [](DiskTier& tier) { putString(tier, keyOf(7), valueOf(7, kNew)); },
                   [](uint64_t key) {
                     return key == 7 ? std::vector<uint64_t>{kSettled, kNew, 0} : kOnlySettled;
                   }});
}

TEST(DiskCrash, OfARemovalLeavesTheOldValueOrNone) {
  crashEverywhere({"removal", [](DiskTier& tier) { tier.remove(keyOf(7)); },
                   [](uint64_t key) {
                     return key == 7 ? std::vector<uint64_t>{kSettled, 0} : kOnlySettled;
                   }});
}

TEST(DiskCrash, OfManyChangesLeavesEachOfThemDoneOrNot) {
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

TEST(DiskCrash, OfTheHandLosesTheChunkItWasInAtMost) {
  crashEverywhere({"hand",
                   [](DiskTier& tier) {
                     // What is read gets a second chance in the chunk that the hand enters.
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

TEST(DiskCrash, OfAClearLeavesOldValuesOrNone) {
  crashEverywhere({"clear", [](DiskTier& tier) { tier.clear(); },
                   [](uint64_t) {
                     return std::vector<uint64_t>{kSettled, 0};
                   }});
}

TEST(DiskCrash, OfAResizeLosesNothing) {
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

TEST(DiskCrash, OfPutsAfterAClearNeverBringsOldValuesBeside) {
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

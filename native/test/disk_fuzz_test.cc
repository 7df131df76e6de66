// A tier whose file is changed by others while it is used: it gives values that were put under
// their keys, or none, and goes on. EBBCACHE_DISK_MUTATIONS sets the number of changes.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "disk_model.h"
#include "disk_mutations.h"

namespace ebbcache::test {
namespace {

class FuzzRun {
 public:
  FuzzRun(uint64_t stream, RingKind kind, bool mayReplay)
      : random_(stream),
        kind_(kind),
        mayReplay_(mayReplay),
        tier_(openTier(disk_, kMinRingBytes, kind)),
        mutations_(random_, kChunksAt, mayReplay) {}

  void run(uint64_t mutations) {
    for (uint64_t i = 1; i <= mutations && !::testing::Test::HasFailure(); ++i) {
      for (uint64_t ops = random_.below(10); ops > 0; --ops) act();
      disk_.change([&](std::string& bytes) { mutations_.apply(bytes); });
      if (i % 30 == 0) settle();
      if (i % 50 == 0) disk_.change([&](std::string& bytes) { mutations_.keep(bytes); });
      if (i % 200 == 0) checkThatItWorks();
      if (i % 2000 == 0) {
        tier_ = nullptr;
        tier_ = openTier(disk_, kMinRingBytes, kind_);
      }
    }
    if (::testing::Test::HasFailure()) return;
    checkThatItWorks();
    EXPECT_GT(hits_, mutations / 10);
    std::cout << "hits " << hits_ << ", errors " << errors_ << '\n';
  }

 private:
  static constexpr uint64_t kKeys = 100;
  /// The offset of the first chunk in a ring of 1 MiB.
  static constexpr uint64_t kChunksAt = kRingHeaderBytes + 64 * sizeof(RingBucket);

  void act() {
    model_.step();
    const uint64_t id = random_.skewedBelow(kKeys);
    const std::string& key = model_.key(id).name;
    switch (random_.below(20)) {
      case 0:
        (void)tier_->remove(key);
        model_.remove(id);
        break;
      case 1:
        tier_->removeVersion(key, model_.key(id).token);
        model_.remove(id);
        break;
      case 2:
        (void)tier_->has(key);
        (void)tier_->isCurrent(key, model_.key(id).token);
        break;
      case 3: {
        (void)tier_->scan(random_.below(64), [&](std::string_view name) {
          const bool isKnown = model_.idOf(name) || name.substr(0, 5) == "after";
          EXPECT_TRUE(isKnown) << name;
        });
        tier_->scanPlace(key, [&](std::string_view name) { EXPECT_EQ(name, key); });
        break;
      }
      case 4:
        if (random_.oneIn(300)) {
          tier_->clear();
          model_.clear();
        }
        break;
      case 5:
        errors_ = tier_->stats().errors;
        (void)tier_->counters();
        break;
      case 6:
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
        put(id);
        break;
      default:
        read(id);
    }
  }

  void put(uint64_t id) {
    std::string value;
    VersionedValue(id, model_.now()).write(value, DiskModel::bytesOf(id, model_.now()));
    model_.put(id, tier_->put(model_.key(id).name, value, {}), 0);
  }

  void read(uint64_t id) {
    const auto found = readString(*tier_, model_.key(id).name);
    hits_ += found ? 1 : 0;
    // Settled values do not count here: after a replay, any value that was ever put may be there.
    EXPECT_EQ(model_.whyWrong(id, found, !mayReplay_), "")
        << model_.key(id).name << " at step " << model_.now();
  }

  /// A file that is cut or damaged while the writer uses it is trouble until the writer's next
  /// check.
  template <typename Condition>
  void comesTrue(Condition&& condition) {
    for (int tries = 0; !condition(); ++tries) {
      ASSERT_LT(tries, 5000) << "step " << model_.now() << trouble();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  void settle() {
    comesTrue([this] { return tier_->settle(kLongMs); });
  }
  std::string trouble() {
    std::string sentences;
    uint64_t after = 0;
    for (const DiskEvent& event : tier_->events().after(after)) sentences += "\n" + event.sentence;
    return sentences;
  }

  void checkThatItWorks() {
    settle();
    const auto keyAfter = [](uint64_t i) { return "after " + std::to_string(i); };
    const std::string value = std::to_string(model_.now());
    comesTrue([&] {
      for (uint64_t i = 0; i < 20; ++i) putString(*tier_, keyAfter(i), value);
      return tier_->settle(kLongMs) && !tier_->events().isInTrouble();
    });
    if (::testing::Test::HasFailure()) return;
    for (uint64_t i = 0; i < 20; ++i) {
      ASSERT_EQ(readString(*tier_, keyAfter(i)), value) << "step " << model_.now();
    }
    EXPECT_FALSE(tier_->events().isInTrouble());
  }

  SeededRandom random_;
  const RingKind kind_;
  const bool mayReplay_;
  DiskModel model_{kKeys};
  MemoryDisk disk_;
  std::shared_ptr<DiskTier> tier_;
  DiskMutations mutations_;
  uint64_t hits_ = 0;
  uint64_t errors_ = 0;
};

uint64_t mutations() {
  return stepsFrom("EBBCACHE_DISK_MUTATIONS", scaled(24'000)) / 4;
}

TEST(DiskFuzz, GivesNoOldValueWhereTheFileIsDamaged) {
  FuzzRun(21, RingKind::kValues, false).run(mutations());
}

TEST(DiskFuzz, GivesNoOldRecordWhereTheFileIsDamaged) {
  FuzzRun(22, RingKind::kRecords, false).run(mutations());
}

TEST(DiskFuzz, GivesNoOtherKeysValueWhereBlocksAreReplayed) {
  FuzzRun(23, RingKind::kValues, true).run(mutations());
}

TEST(DiskFuzz, GivesNoOtherKeysRecordWhereBlocksAreReplayed) {
  FuzzRun(24, RingKind::kRecords, true).run(mutations());
}

}  // namespace
}  // namespace ebbcache::test

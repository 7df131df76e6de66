// Two tiers on one file against a plain record of all changes, with disks that fail, files that are
// removed and tiers that are opened anew. One tier at a time makes changes; the other sees the
// settled ones. EBBCACHE_DISK_MODEL_STEPS sets the number of steps, EBBCACHE_TEST_SEED the choices.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "disk_model.h"

namespace ebbcache::test {
namespace {

class ModelRun {
 public:
  ModelRun(uint64_t stream, uint64_t keys, uint64_t maxBytes)
      : random_(stream), model_(keys), maxBytes_(maxBytes) {
    disk_.setTorn(random_.oneIn(2));
    for (auto& tier : tiers_) tier = openTier(disk_, maxBytes_);
    settleBoth();
  }

  void run(uint64_t steps) {
    for (uint64_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
    endFaults();
    settleBoth();
    for (uint64_t id = 0; id < model_.size(); ++id) {
      read(id, true);
      read(id, false);
    }
    EXPECT_LE(disk_.peakBytes(), maxFileBytes_);
    EXPECT_GT(hits_, steps / 20);
    checkIntegrity();
  }

 private:
  /// Faults may have left slots that are stale, and a wrong count until the ring is opened again.
  void checkIntegrity() {
    for (auto& tier : tiers_) {
      tier = nullptr;
      tier = openTier(disk_, maxBytes_);
      EXPECT_TRUE(tier->settle(kLongMs));
      EXPECT_EQ(tier->checkIntegrity({hadFaults_, false}), "");
    }
  }

  DiskTier& active() { return *tiers_[active_]; }
  DiskTier& passive() { return *tiers_[1 - active_]; }
  uint64_t someKey() { return random_.skewedBelow(model_.size()); }
  void note(const char* event) { lastEvent_ = event + (" at " + std::to_string(model_.now())); }
  std::string about(uint64_t id) {
    return " (step " + std::to_string(model_.now()) + ", " + model_.key(id).name + " of step " +
           std::to_string(model_.key(id).put) + ", " + lastEvent_ +
           (hasFaults_ ? ", with faults)" : ")");
  }

  void step() {
    model_.step();
    const uint64_t id = someKey();
    const std::string& name = model_.key(id).name;
    if (hasFaults_ && model_.now() >= faultsUntil_) endFaults();
    const uint64_t kind = random_.below(1000);
    if (kind < 300) {
      put(id);
    } else if (kind < 360) {
      (void)active().remove(name);
      model_.remove(id);
    } else if (kind < 380) {
      removeVersion(id);
    } else if (kind < 730) {
      read(id, true);
    } else if (kind < 880) {
      read(id, false);
    } else if (kind < 930) {
      checkHas(id);
    } else if (kind < 980) {
      checkCurrent(id);
    } else if (kind < 985) {
      fakeNow() += random_.below(20);
    } else if (kind < 988) {
      settle();
    } else {
      rareStep();
    }
  }

  void rareStep() {
    switch (random_.below(100)) {
      case 0:
      case 1:
        active().clear();
        model_.clear();
        break;
      case 2:
      case 3:
      case 4:
      case 5:
        switchTiers();
        break;
      case 6:
        reopen();
        break;
      case 7:
      case 8:
        beginFaults();
        break;
      case 9:
        unlink();
        break;
      case 10:
        if (!hasFaults_) fakeNow() -= random_.below(30);
        break;
      case 11:
        if (random_.oneIn(4)) resize();
        break;
      case 12:
        scan();
        break;
      default:
        (void)active().stats();
    }
  }

  void put(uint64_t id) {
    std::string value;
    VersionedValue(id, model_.now()).write(value, DiskModel::bytesOf(id, model_.now()));
    DiskPutOptions options;
    if (random_.oneIn(8)) options.ttlMs = 1 + random_.below(100);
    model_.put(id, active().put(model_.key(id).name, value, options), options.ttlMs);
  }

  void removeVersion(uint64_t id) {
    const DiskModel::Key& key = model_.key(id);
    const bool isLast = random_.oneIn(2);
    const uint64_t token = isLast ? key.token : key.tokenBefore;
    if (token == 0) return;
    active().removeVersion(key.name, token);
    if (isLast) model_.remove(id);
  }

  void read(uint64_t id, bool isActive) {
    DiskTier& tier = isActive ? active() : passive();
    const auto found = readString(tier, model_.key(id).name);
    hits_ += found ? 1 : 0;
    EXPECT_EQ(model_.whyWrong(id, found, isActive), "") << about(id);
    if (isActive) checkIsThere(id, found.has_value());
  }

  void checkHas(uint64_t id) {
    const bool has = active().has(model_.key(id).name);
    EXPECT_TRUE(!has || model_.key(id).isThere) << about(id);
    checkIsThere(id, has);
  }

  void checkIsThere(uint64_t id, bool isThere) {
    EXPECT_TRUE(isThere || hasFaults_ || !isSafe(id)) << "lost" << about(id);
  }

  void checkCurrent(uint64_t id) {
    const DiskModel::Key& key = model_.key(id);
    // A tier that can neither read nor write its file takes every version for current.
    if (hasFaults_ || key.token == 0) return;
    const bool isCurrent = active().isCurrent(key.name, key.token);
    EXPECT_TRUE(!isCurrent || key.isThere) << about(id);
    EXPECT_TRUE(isCurrent || !isSafe(id)) << about(id);
    EXPECT_FALSE(active().isCurrent(key.name, key.tokenBefore)) << about(id);
  }

  void scan() {
    std::vector<bool> isVisited(model_.size());
    uint64_t cursor = 0;
    do {
      cursor = active().scan(cursor, [&](std::string_view name) {
        if (name == "probe") return;
        const auto id = model_.idOf(name);
        ASSERT_TRUE(id) << name;
        EXPECT_TRUE(model_.key(*id).isThere) << about(*id);
        isVisited[*id] = true;
      });
    } while (cursor != 0);
    for (uint64_t id = 0; id < model_.size(); ++id) checkIsThere(id, isVisited[id]);
  }

  bool settle() {
    const bool isSettled = active().settle(hasFaults_ ? 20 : kLongMs);
    EXPECT_TRUE(isSettled || hasFaults_) << "step " << model_.now();
    if (isSettled) model_.settle();
    return isSettled;
  }

  /// Settles both tiers: afterwards both see the current ring.
  void settleBoth() {
    note("settleBoth");
    (void)settle();
    for (int i = 0; i < 2; ++i) {
      for (const auto& tier : tiers_) EXPECT_TRUE(tier->settle(kLongMs));
    }
  }

  void switchTiers() {
    note("switchTiers");
    if (hasFaults_) return;
    settleBoth();
    active_ = 1 - active_;
  }

  void reopen() {
    note("reopen");
    if (hasFaults_) return;
    const size_t which = random_.below(2);
    tiers_[which] = nullptr;
    if (which == active_) model_.settle();
    tiers_[which] = openTier(disk_, maxBytes_);
    settleBoth();
  }

  void beginFaults() {
    note("beginFaults");
    if (hasFaults_) return;
    hasFaults_ = true;
    hadFaults_ = true;
    faultsUntil_ = model_.now() + 1 + random_.below(2000);
    const uint64_t mode = random_.below(5);
    if (mode == 0) {
      disk_.setCapacity(random_.below(disk_.bytes().size() + 1));
      return;
    }
    const uint64_t oneIn = 1 + random_.skewedBelow(30);
    disk_.onCall([this, mode, oneIn, state = mix(model_.now())](const IoCall& call) mutable {
      state = mix(state);
      const bool isMeant = mode == 1   ? call.isMutating()
                           : mode == 2 ? call.kind == IoCall::Kind::kRead
                           : mode == 3 ? call.kind == IoCall::Kind::kLock
                                       : true;
      if (!isMeant || state % oneIn != 0) return IoFault{};
      return IoFault{state % 3 == 0 ? IoError::kNoSpace : IoError::kOther,
                     (state >> 10U) % (call.bytes + 1)};
    });
  }

  void endFaults() {
    note("endFaults");
    if (!hasFaults_) return;
    disk_.recover();
    disk_.setCapacity(UINT64_MAX);
    hasFaults_ = false;
    // A tier leaves trouble once it has written a put.
    for (const auto& tier : tiers_) {
      for (int tries = 0; !tier->settle(kLongMs) || tier->events().isInTrouble(); ++tries) {
        ASSERT_LT(tries, 10'000) << "step " << model_.now();
        putString(*tier, "probe", "");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    settleBoth();
    model_.lose();
  }

  void unlink() {
    note("unlink");
    if (hasFaults_) return;
    disk_.unlink();
    // The batch in progress may go to the file that was removed.
    settleBoth();
    model_.lose();
  }

  void resize() {
    note("resize");
    if (hasFaults_) return;
    maxBytes_ = kMinRingBytes << random_.below(5);
    maxFileBytes_ = std::max(maxFileBytes_, maxBytes_);
    active().resize(maxBytes_);
    passive().resize(maxBytes_);
    settleBoth();
    model_.lose();
  }

  /// Where buckets may have more keys than slots, no key is safe.
  bool isSafe(uint64_t id) const {
    return model_.size() < 1000 && model_.isSafe(id, maxBytes_ - maxBytes_ / 16);
  }

  SeededRandom random_;
  DiskModel model_;
  uint64_t maxBytes_;
  uint64_t maxFileBytes_ = maxBytes_;
  MemoryDisk disk_;
  std::shared_ptr<DiskTier> tiers_[2];
  size_t active_ = 0;
  bool hasFaults_ = false;
  bool hadFaults_ = false;
  uint64_t faultsUntil_ = 0;
  uint64_t hits_ = 0;
  /// The last notable event, for messages.
  std::string lastEvent_ = "opened";
};

uint64_t steps() {
  return stepsFrom("EBBCACHE_DISK_MODEL_STEPS", scaled(60'000));
}

TEST(DiskModel, AgreesInARingThatIsSmall) {
  ModelRun(11, 600, kMinRingBytes).run(steps());
}

TEST(DiskModel, AgreesInARingThatHoldsAll) {
  ModelRun(12, 300, 8 * kMinRingBytes).run(steps());
}

TEST(DiskModel, AgreesInARingWithMoreKeysThanSlots) {
  ModelRun(13, 5000, kMinRingBytes).run(steps());
}

}  // namespace
}  // namespace ebbcache::test

// A fake machine, watch and stores for tests of the governor.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "memory/snapshot.h"
#include "memory/timed_watch.h"
#include "pressure/governor.h"

namespace ebbcache::testing {

constexpr uint64_t kMiB = uint64_t{1} << 20;

/// The values that the fake readers return; tests change them while they are read.
class FakeMachine {
 public:
  explicit FakeMachine(uint64_t limit = 1000 * kMiB) { usage_.system.limit = limit; }

  void setUsed(uint64_t used) {
    const std::lock_guard<std::mutex> lock(mutex_);
    usage_.system.used = used;
  }
  void setPercent(double percent) {
    const std::lock_guard<std::mutex> lock(mutex_);
    usage_.system.used =
        static_cast<uint64_t>(static_cast<double>(usage_.system.limit) * percent / 100);
  }
  void setGroup(std::optional<MemoryBound> group) {
    const std::lock_guard<std::mutex> lock(mutex_);
    usage_.group = group;
  }
  /// The bytes charged to the group, at least those in use. Without them there are no cheaper
  /// readings.
  void setCharged(std::optional<MemoryBound> charged) {
    const std::lock_guard<std::mutex> lock(mutex_);
    charged_ = charged;
  }
  void setKernel(OsPressureHint hint) {
    const std::lock_guard<std::mutex> lock(mutex_);
    usage_.kernel = hint;
  }
  void setFailing(bool failing) {
    const std::lock_guard<std::mutex> lock(mutex_);
    failing_ = failing;
  }
  void give(uint64_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    usage_.system.used -= std::min(usage_.system.used, bytes);
  }
  bool read(MemoryUsage& out, std::string& error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    reads_++;
    if (failing_) {
      error = "The fake machine cannot be read.";
      return false;
    }
    out = usage_;
    return true;
  }
  int reads() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return reads_;
  }
  /// The machine is the one of the last full reading, in `out`.
  bool readGroup(MemoryUsage& out) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!charged_) return false;
    groupReads_++;
    out.group = usage_.group;
    return !failing_;
  }
  bool readCharged(MemoryUsage& out) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!charged_) return false;
    chargedReads_++;
    out.group = charged_;
    return !failing_;
  }
  int groupReads() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return groupReads_;
  }
  int chargedReads() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return chargedReads_;
  }

 private:
  mutable std::mutex mutex_;
  MemoryUsage usage_;
  std::optional<MemoryBound> charged_;
  bool failing_ = false;
  int reads_ = 0;
  int groupReads_ = 0;
  int chargedReads_ = 0;
};

class FakeReader : public MemoryReader {
 public:
  explicit FakeReader(std::shared_ptr<FakeMachine> machine) : machine_(std::move(machine)) {}
  bool readUsage(MemoryUsage& out, std::string& error) override {
    return machine_->read(out, error);
  }
  bool readSnapshot(MemorySnapshot& out, std::string& error) override {
    return machine_->read(out.usage, error);
  }
  bool readGroup(MemoryUsage& out, std::string& /*error*/) override {
    return machine_->readGroup(out);
  }
  bool readCharged(MemoryUsage& out, std::string& /*error*/) override {
    return machine_->readCharged(out);
  }

 private:
  std::shared_ptr<FakeMachine> machine_;
};

/// Reports what the test gives it, once, and records the requested length of each wait.
class FakeWatch final : public PressureWatch {
 public:
  Stalls wait(std::chrono::milliseconds timeout) override {
    lastPause = timeout.count();
    waits++;
    timed_.wait(timeout);
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(stalls_, {});
  }
  void wake() override { timed_.wake(); }
  void listen() override { listening = true; }

  void say(Stalls stalls) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stalls_ = stalls;
    }
    wake();
  }

  std::atomic<int> waits{0};
  std::atomic<int64_t> lastPause{0};
  std::atomic<bool> listening{false};

 private:
  TimedWatch timed_;
  std::mutex mutex_;
  Stalls stalls_;
};

inline std::unique_ptr<MemoryReader> readerOf(const std::shared_ptr<FakeMachine>& machine) {
  return std::make_unique<FakeReader>(machine);
}

/// The inputs of a governor: this machine for the samples and for growth.
inline GovernorInputs inputsOf(const std::shared_ptr<FakeMachine>& machine,
                               std::unique_ptr<PressureWatch> watch = nullptr) {
  if (!watch) watch = std::make_unique<TimedWatch>();
  return {readerOf(machine), readerOf(machine), std::move(watch)};
}

/// Releases the bytes that its budget no longer covers, to the machine if it has one.
class FakeStore : public GovernedStore {
 public:
  FakeStore(uint64_t max, uint64_t held, uint64_t min = 0, bool ebbing = true)
      : max_(max), min_(min), ebbing_(ebbing), held_(held), budget_(max) {}

  bool isGoverned() const override { return ebbing_; }
  uint64_t heldBytes() const override { return held_; }
  uint64_t budgetBytes() const override { return budget_; }
  uint64_t maxBytes() const override { return max_; }
  /// A budget that was the maximum becomes the new one, as in a real store.
  void resize(uint64_t max) {
    const bool pressed = budget_ < max_;
    max_ = max;
    budget_ = pressed ? std::min<uint64_t>(budget_, max) : max;
    held_ = std::min(held_.load(), budget_.load());
  }
  uint64_t minBytes() const override { return std::max(min_, budgetFloor.load()); }
  Reduction setBudget(uint64_t from, uint64_t to) override {
    if (budget_ != from) return {};
    budgetChanges++;
    budget_ = std::max(to, budgetFloor.load());
    const uint64_t before = held_;
    held_ = std::min(before, budget_.load());
    Reduction reduction = giveBack(before);
    reduction.lowered = budget_ < from;
    return reduction;
  }
  Reduction trimPayload(double share) override {
    shareKept = share;
    const uint64_t before = held_;
    const auto kept = static_cast<uint64_t>(share * static_cast<double>(before));
    held_ = std::min(before, std::max(kept, min_));
    return giveBack(before);
  }
  Upkeep maintain(Waiting /*waiting*/) override {
    maintained++;
    return upkeep;
  }

  void hold(uint64_t bytes) { held_ = bytes; }

  std::shared_ptr<FakeMachine> machine;
  std::atomic<int> budgetChanges{0};
  std::atomic<int> maintained{0};
  std::atomic<double> shareKept{1};
  std::atomic<Upkeep> upkeep{Upkeep::kIdle};
  /// The bytes that the store needs whatever it holds.
  std::atomic<uint64_t> budgetFloor{0};
  /// The store counts them itself too.
  std::atomic<uint64_t> pressureEvictions{0};

 private:
  /// Evicts an entry for each MiB, and for a part of one.
  Reduction giveBack(uint64_t before) {
    const uint64_t released = before - held_;
    if (machine) machine->give(released);
    const uint64_t evictions = (released + kMiB - 1) / kMiB;
    pressureEvictions += evictions;
    return {released, evictions, false};
  }

  std::atomic<uint64_t> max_;
  const uint64_t min_;
  const bool ebbing_;
  std::atomic<uint64_t> held_;
  std::atomic<uint64_t> budget_;
};

}  // namespace ebbcache::testing

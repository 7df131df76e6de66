// Calls of a small store, which may be refused memory at any moment, compared with a map. A removal
// log reports each entry that is removed, so that the map has exactly the store's entries.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "fuzz_check.h"
#include "store/store.h"
#include "store_fixture.h"
#include "versioned_value.h"

namespace ebbcache::fuzz {
namespace {

using test::fakeNow;

constexpr uint32_t kKeys = 96;
constexpr uint64_t kLogBytes = uint64_t{16} << 10;
constexpr uint64_t kCheckedEvery = 16;

enum class Operation : uint8_t {
  kPut,
  kPutSmall,
  kGet,
  kPeek,
  kGetPrefixed,
  kView,
  kHas,
  kRemainingTtl,
  kRemove,
  kRemoveStamped,
  kClear,
  kScan,
  kResize,
  kSetMaxEntries,
  kShrink,
  kSetBudget,
  kTrimPayload,
  kMaintain,
  kLetTimePass,
  kRefuseMemory,
  kDenyGrowth,
  kMaxValue = kDenyGrowth,
};

class StoreFuzz {
 public:
  StoreFuzz(const uint8_t* data, size_t size) : input_(data, size) {
    fakeNow() = 1000;
    StoreOptions options;
    options.maxBytes = sizeFromInput();
    options.policy = input_.ConsumeBool() ? Policy::kLru : Policy::kS3Fifo;
    options.stamped = stamped_ = input_.ConsumeBool();
    if (input_.ConsumeBool()) options.maxEntries = input_.ConsumeIntegralInRange<uint32_t>(1, 64);
    StoreEnvironment environment = test::testEnvironment(memory_);
    environment.hashSeed = HashSeed{1, 2};
    environment.mayGrow = [this](uint64_t) { return !deniesGrowth_; };
    store_ = Store::open(options, environment);
    check(store_ != nullptr, "A store was not opened though no memory was refused.");
    store_->attach(log_);
  }

  void run() {
    while (input_.remaining_bytes() > 0) {
      step(input_.ConsumeEnum<Operation>());
      forgetRemoved();
      checkNumbers();
      if (++steps_ % kCheckedEvery == 0) checkNoFault(store_->checkIntegrity());
    }
    checkNoFault(store_->checkIntegrity());
    store_.reset();
    check(memory_.mapped == 0, "A store that has ended still has memory mapped.");
  }

 private:
  struct Value {
    uint64_t version;
    uint64_t bytes;
    uint64_t expiry;

    bool hasExpired() const { return expiry <= fakeNow(); }
  };

  void step(Operation operation) {
    switch (operation) {
      case Operation::kPut:
        return put(input_.ConsumeIntegralInRange<uint32_t>(0, 1U << 18));
      case Operation::kPutSmall:
        return put(input_.ConsumeIntegralInRange<uint32_t>(0, 2000));
      case Operation::kGet:
        return read(Read::kGet);
      case Operation::kPeek:
        return read(Read::kPeek);
      case Operation::kGetPrefixed:
        return getPrefixed();
      case Operation::kView:
        return view();
      case Operation::kHas: {
        const uint32_t id = idFromInput();
        return check(store_->has(test::keyOf(id)) == isReadable(id), "has() is wrong.");
      }
      case Operation::kRemainingTtl:
        return remainingTtl();
      case Operation::kRemove: {
        const uint32_t id = idFromInput();
        const bool removed = store_->remove(test::keyOf(id));
        return check(removed == isReadable(id), "remove() does not say whether there was a value.");
      }
      case Operation::kRemoveStamped:
        return removeStamped();
      case Operation::kClear:
        store_->clear();
        return check(store_->stats().entries == 0, "A store that was cleared has entries.");
      case Operation::kScan:
        return scan();
      case Operation::kResize:
        return resize(sizeFromInput());
      case Operation::kSetMaxEntries:
        return store_->setMaxEntries(input_.ConsumeIntegralInRange<uint32_t>(0, kKeys));
      case Operation::kShrink:
        return shrink(bytesFromInput());
      case Operation::kSetBudget:
        return setBudget(bytesFromInput());
      case Operation::kTrimPayload:
        return trimPayload(bytesFromInput());
      case Operation::kMaintain:
        return (void)store_->maintain();
      case Operation::kLetTimePass:
        fakeNow() += input_.ConsumeIntegral<uint16_t>();
        return;
      case Operation::kRefuseMemory:
        memory_.refuseAll = input_.ConsumeBool();
        return;
      case Operation::kDenyGrowth:
        deniesGrowth_ = input_.ConsumeBool();
        return;
    }
  }

  uint32_t idFromInput() { return input_.ConsumeIntegralInRange<uint32_t>(0, kKeys - 1); }
  uint64_t bytesFromInput() { return input_.ConsumeIntegralInRange<uint32_t>(0, 1U << 22); }
  uint64_t sizeFromInput() {
    return kMinBudgetBytes * input_.ConsumeIntegralInRange<uint32_t>(1, 64);
  }

  /// Returns the last value that was put, if it is in the store and has not expired; else null.
  const Value* valueOf(uint32_t id) const {
    const auto found = values_.find(test::keyOf(id));
    return found == values_.end() || found->second.hasExpired() ? nullptr : &found->second;
  }
  bool isReadable(uint32_t id) const { return valueOf(id) != nullptr; }

  void checkValue(uint32_t id, bool isHit, std::string_view value) const {
    const Value* const expected = valueOf(id);
    check(isHit == (expected != nullptr), "A read is a hit or a miss where it should not be.");
    if (!isHit) return;
    check(value.size() == expected->bytes, "A value is not as long as the one that was put last.");
    check(test::VersionedValue(id, expected->version).matches(value),
          "A value is not the one that was put last.");
  }

  void put(uint64_t bytes) {
    const uint32_t id = idFromInput();
    PutOptions options;
    options.ttlMs = input_.ConsumeBool() ? input_.ConsumeIntegral<uint16_t>() : 0;
    options.stamp = ++version_;
    test::VersionedValue(id, version_).write(value_, bytes);
    const uint64_t largest = store_->largestValue();
    const PutResult result = store_->put(test::keyOf(id), value_, options);
    check(bytes <= largest || result == PutResult::kTooLarge,
          "A value was stored that is larger than the largest.");
    // The removals for this value happened before it was stored.
    forgetRemoved();
    if (result != PutResult::kStored) return;
    const uint64_t expiry = options.ttlMs == 0 ? kNeverExpires : fakeNow() + options.ttlMs;
    values_[test::keyOf(id)] = {version_, bytes, expiry};
  }

  enum class Read : uint8_t { kGet, kPeek };
  void read(Read kind) {
    const uint32_t id = idFromInput();
    const std::string key = test::keyOf(id);
    const bool isHit = kind == Read::kGet ? reader_.get(*store_, key) : reader_.peek(*store_, key);
    checkValue(id, isHit, reader_.value());
  }

  void getPrefixed() {
    const uint32_t id = idFromInput();
    const Value* const expected = valueOf(id);
    const bool matches = input_.ConsumeBool() && expected != nullptr;
    if (matches) test::VersionedValue(id, expected->version).write(value_, expected->bytes);
    const std::string prefix = matches ? value_.substr(0, 8) : "another";
    uint64_t bytes = 0;
    uint64_t stamp = 0;
    const ReadResult result =
        store_->getPrefixed(test::keyOf(id), prefix, nullptr, 0, bytes, &stamp);
    if (expected == nullptr)
      return check(result == ReadResult::kMiss, "getPrefixed() finds nothing.");
    check(stamp == (stamped_ ? expected->version : 0), "getPrefixed() gives another stamp.");
    check((result == ReadResult::kMiss) == !matches, "getPrefixed() does not go by the prefix.");
  }

  void view() {
    const uint32_t id = idFromInput();
    std::string seen;
    const ReadResult result =
        store_->view(test::keyOf(id), [&seen](std::string_view value) { seen = value; });
    checkValue(id, result == ReadResult::kHit, seen);
  }

  void remainingTtl() {
    const uint32_t id = idFromInput();
    const Value* const expected = valueOf(id);
    const std::optional<uint64_t> remaining = store_->remainingTtl(test::keyOf(id));
    check(remaining.has_value() == (expected != nullptr), "remainingTtl() is of no value.");
    if (expected == nullptr) return;
    const uint64_t ms =
        expected->expiry == kNeverExpires ? kNeverExpires : expected->expiry - fakeNow();
    check(*remaining == ms, "remainingTtl() is another than the one that was put.");
  }

  void removeStamped() {
    const uint32_t id = idFromInput();
    const Value* const expected = valueOf(id);
    const uint64_t version = expected == nullptr ? 0 : expected->version;
    const uint64_t stamp = input_.ConsumeBool() ? version : version + 1;
    const bool removed = store_->remove(test::keyOf(id), RemovalReason::kDelete, stamp);
    check(removed == (stamped_ && expected != nullptr && stamp == version),
          "A value is not removed by its stamp.");
  }

  void scan() {
    std::multiset<std::string> seen;
    uint64_t cursor = 0;
    do {
      cursor = store_->scan(cursor, [&seen](std::string_view key) { seen.emplace(key); });
    } while (cursor != 0);
    std::multiset<std::string> expected;
    for (const auto& [key, value] : values_) {
      if (!value.hasExpired()) expected.insert(key);
    }
    check(seen == expected, "A scan does not visit each entry once.");
  }

  void resize(uint64_t maxBytes) {
    const uint64_t before = store_->maxBytes();
    const bool resized = store_->resize(maxBytes);
    check(store_->maxBytes() == (resized ? maxBytes : before), "maxBytes is not as resize() says.");
    check(resized || memory_.refuseAll || deniesGrowth_, "resize() failed with memory to be had.");
  }

  void shrink(uint64_t bytes) {
    const uint64_t before = store_->heldBytes();
    const uint64_t released = store_->shrink(bytes);
    check(before - store_->heldBytes() == released, "shrink() released other than it says.");
    check(released >= bytes || store_->stats().entries == 0,
          "shrink() released too little while there were entries.");
  }

  void setBudget(uint64_t bytes) {
    const uint64_t before = store_->budgetBytes();
    const Shrinkage result = store_->setBudget(before, bytes);
    check(result.lowered == (store_->budgetBytes() < before), "setBudget() tells another change.");
  }

  void trimPayload(uint64_t bytes) {
    (void)store_->trimPayload(bytes);
    check(store_->payloadBytes() <= bytes, "trimPayload() left too much.");
  }

  /// Erases removed entries from the map.
  void forgetRemoved() {
    const RemovalBatch batch = log_->take(kLogBytes);
    check(batch.lost() == 0, "A removal found no room in the log.");
    batch.visit([this](std::string_view key, RemovalReason reason) {
      const auto found = values_.find(std::string(key));
      check(found != values_.end(), "An entry left that was not there.");
      check(reason != RemovalReason::kExpire || found->second.hasExpired(),
            "An entry expired too early.");
      values_.erase(found);
    });
  }

  void checkNumbers() const {
    const StoreStats stats = store_->stats();
    check(stats.entries == values_.size(), "The number of entries is wrong.");
    check(stats.heldBytes == memory_.mapped, "The held bytes are not those that are mapped.");
    check(stats.heldBytes <= stats.budgetBytes, "The store holds more than its budget.");
    check(stats.budgetBytes <= stats.maxBytes, "The budget is above maxBytes.");
    check(stats.maxEntries == 0 || stats.entries <= stats.maxEntries,
          "There are more entries than maxEntries.");
    check(stats.memoryRefusals == memory_.refused, "The refusals of memory are miscounted.");
  }

  FuzzedDataProvider input_;
  test::TestMemory memory_;
  bool stamped_ = false;
  bool deniesGrowth_ = false;
  const std::shared_ptr<RemovalLog> log_ = std::make_shared<RemovalLog>([] {}, kLogBytes);
  std::unique_ptr<Store> store_;
  std::map<std::string, Value> values_;
  uint64_t version_ = 0;
  uint64_t steps_ = 0;
  std::string value_;
  test::ValueReader reader_;
};

}  // namespace
}  // namespace ebbcache::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it by this name.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ebbcache::fuzz::StoreFuzz(data, size).run();
  return 0;
}

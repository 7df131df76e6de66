// A ring file that is damaged, cut, replayed and crashed at any moment, and used in between: a
// value that is read was put under its key, and in an undamaged file no replaced or removed value
// comes back.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "disk/ring_access.h"
#include "disk/ring_header.h"
#include "disk/ring_integrity.h"
#include "disk/ring_writer.h"
#include "disk_memory_folder.h"
#include "fuzz_check.h"
#include "mix.h"

namespace ebbcache::fuzz {
namespace {

using test::IoCall;
using test::kBlockBytes;
using test::MemoryDisk;
using test::mix;

constexpr uint32_t kKeys = 24;
constexpr uint64_t kMaxOperations = 48;

enum class Operation : uint8_t {
  kPut,
  kPutAlone,
  kRemove,
  kRemoveVersion,
  kRead,
  kReadAll,
  kScan,
  kDamage,
  kSetBytes,
  kCut,
  kSnapshot,
  kReplay,
  kForgeHeader,
  kResize,
  kReopen,
  kClear,
  kCrash,
  kCheck,
  kLetTimePass,
  kMaxValue = kLetTimePass,
};

/// A put under a key; its number identifies the value.
struct Put {
  uint64_t bytes;
  uint64_t ttlMs;
  uint64_t putMs;
};

class RingFuzz {
 public:
  RingFuzz(const uint8_t* data, size_t size) : input_(data, size) {
    kind_ = input_.ConsumeBool() ? RingKind::kValues : RingKind::kRecords;
    // Random bytes are rarely a ring, and a new ring takes a while.
    if (input_.ConsumeIntegralInRange(0, 15) == 0) {
      disk_.setBytes(input_.ConsumeRandomLengthString(256));
    } else {
      makeFile(hashOf(data, size));
    }
    open();
  }

  void run() {
    for (uint64_t i = 0; i < kMaxOperations && input_.remaining_bytes() > 0; ++i) step();
    checkFile();
    readAll();
  }

 private:
  /// The checksums of entries begin with the ring's id: an id that follows from the whole input
  /// keeps the fuzzer from forging them.
  static uint64_t hashOf(const uint8_t* data, size_t size) {
    uint64_t hash = size;
    for (size_t i = 0; i < size; ++i) hash = mix(hash ^ data[i]);
    return hash;
  }

  /// Makes a ring whose buckets are the same in each run.
  void makeFile(uint64_t id) {
    FolderTrouble trouble;
    const auto file = disk_.openFolder()->openRing(RingFolder::Open::kCreate, trouble);
    RingHeader header;
    check(makeRing(*file, kind_, maxBytes_, nullptr, header) == IoError::kNone, "No ring is made.");
    header.id = id;
    header.seed[0] = 1;
    header.seed[1] = 2;
    check(writeHeader(*file, header) == IoError::kNone, "No header is written.");
  }

  void open() {
    access_ = nullptr;
    access_ = std::make_unique<RingAccess>(disk_.openFolder(), kind_, maxBytes_);
    openForWriting();
  }

  /// Opens the ring. A file of another program is not changed: the fuzzer goes on with a new one.
  void openForWriting() {
    RingOpening opening;
    if (access_->openForWriting(opening)) {
      noteRing(opening.wasDamaged);
      return;
    }
    check(access_->state() == RingState::kUnusable, "A ring that cannot be opened is in use.");
    disk_.unlink();
    forgetAll();
    RingOpening again;
    check(access_->openForWriting(again), "A new ring cannot be made.");
  }

  void noteRing(bool isNew) {
    if (isNew) forgetAll();
  }
  /// A ring that was made anew is empty and undamaged.
  void forgetAll() {
    isDamaged_ = false;
    isExact_ = true;
    current_.clear();
  }

  std::string keyOf(uint32_t id) const {
    const std::string name = std::to_string(id);
    return kind_ == RingKind::kValues ? "key " + name
                                      : "place " + std::to_string(id % 3) + '\0' + name;
  }
  static std::string valueOf(uint32_t id, uint64_t number, uint64_t bytes) {
    std::string value(bytes, '\0');
    for (uint64_t at = 0; at < bytes; at += sizeof number) {
      const uint64_t word = mix(number * kKeys + id + at);
      std::memcpy(value.data() + at, &word, std::min<uint64_t>(sizeof word, bytes - at));
    }
    std::memcpy(value.data(), &number, sizeof number);
    return value;
  }
  uint32_t idFromInput() { return input_.ConsumeIntegralInRange<uint32_t>(0, kKeys - 1); }

  void step() {
    switch (input_.ConsumeEnum<Operation>()) {
      case Operation::kPut:
        return put();
      case Operation::kPutAlone:
        return changeOne(RingChange::Kind::kPutAlone, idFromInput(), ++lastNumber_);
      case Operation::kRemove:
        return changeOne(RingChange::Kind::kRemove, idFromInput(), 0);
      case Operation::kRemoveVersion: {
        const uint32_t id = idFromInput();
        const auto current = current_.find(id);
        return changeOne(RingChange::Kind::kRemoveVersion, id,
                         current == current_.end() ? 1 : current->second);
      }
      case Operation::kRead:
        return read(idFromInput());
      case Operation::kReadAll:
        return readAll();
      case Operation::kScan:
        return scan();
      case Operation::kDamage:
        return damage();
      case Operation::kSetBytes:
        return setBytes();
      case Operation::kCut:
        return cut();
      case Operation::kSnapshot:
        snapshot_ = disk_.bytes();
        return;
      case Operation::kReplay:
        return replay();
      case Operation::kForgeHeader:
        return forgeHeader();
      case Operation::kResize:
        maxBytes_ = kMinRingBytes + input_.ConsumeIntegralInRange<uint64_t>(0, 3) * kMinRingBytes;
        access_->resize(maxBytes_);
        return openForWriting();
      case Operation::kReopen:
        return open();
      case Operation::kClear:
        return clear();
      case Operation::kCrash:
        return crash();
      case Operation::kCheck:
        return checkFile();
      case Operation::kLetTimePass:
        nowMs_ += input_.ConsumeIntegralInRange<uint64_t>(0, 1000);
    }
  }

  // ---------------------------------------------------------------- changes

  void put() {
    const uint64_t count = input_.ConsumeIntegralInRange<uint64_t>(1, 40);
    const uint64_t maxBytes = input_.ConsumeBool() ? 200 : 30'000;
    const uint64_t bytes = input_.ConsumeIntegralInRange<uint64_t>(8, maxBytes);
    const uint64_t ttlMs = input_.ConsumeBool() ? input_.ConsumeIntegralInRange(1, 2000) : 0;
    uint32_t id = idFromInput();
    keys_.clear();
    values_.clear();
    std::vector<RingChange> changes;
    for (uint64_t i = 0; i < count && i < kKeys; ++i, id = (id + 1) % kKeys) {
      const uint64_t number = ++lastNumber_;
      puts_[id][number] = {bytes, ttlMs, nowMs_};
      keys_.push_back(keyOf(id));
      values_.push_back(valueOf(id, number, bytes));
      changes.push_back({RingChange::Kind::kPut, {}, number, {}, nowMs_, ttlMs, 0});
    }
    for (size_t i = 0; i < changes.size(); ++i) {
      changes[i].key = keys_[i];
      changes[i].value = values_[i];
    }
    apply(changes);
  }

  void changeOne(RingChange::Kind kind, uint32_t id, uint64_t version) {
    keys_.assign(1, keyOf(id));
    std::vector<RingChange> changes(1);
    changes[0].kind = kind;
    changes[0].key = keys_[0];
    changes[0].version = version;
    apply(changes);
  }

  /// Does the same as a tier's writer with a batch.
  void apply(std::vector<RingChange>& changes) {
    openForWriting();
    RingOpening opening;
    RingHeader header;
    const bool isLocked = access_->lock(0, header, opening);
    if (!isLocked && !isCrashing_) {
      // Another program's ring is in the file's place.
      openForWriting();
      return;
    }
    if (!isLocked) return;
    noteRing(opening.wasDamaged);
    access_->adopt(header);
    const IoError error =
        RingWriter(access_->file(), header, access_->used(), nowMs_).apply(changes);
    access_->unlock();
    check(error == IoError::kNone || isDamaged_ || isCrashing_, "A sound disk fails.");
    for (const RingChange& change : changes) note(change);
  }

  void note(const RingChange& change) {
    for (uint32_t id = 0; id < kKeys; ++id) {
      if (keyOf(id) != change.key) continue;
      const bool isDone = change.outcome == RingChange::Outcome::kDone;
      if (!isDone) isExact_ = false;
      if (change.kind == RingChange::Kind::kPut && isDone) {
        current_[id] = change.version;
      } else {
        // A version that is not the current one is not in the model.
        const auto current = current_.find(id);
        const bool isMeant = change.kind != RingChange::Kind::kRemoveVersion ||
                             current == current_.end() || current->second == change.version;
        if (isMeant) current_.erase(id);
      }
    }
  }

  void clear() {
    RingOpening opening;
    RingHeader header;
    openForWriting();
    if (!access_->lock(0, header, opening)) return;
    check(access_->clear(header) == IoError::kNone, "A ring cannot be cleared.");
    access_->unlock();
    forgetAll();
    checkFile();
  }

  /// Has a batch end as if the process were killed, and opens the ring again.
  void crash() {
    const uint64_t call = input_.ConsumeIntegralInRange<uint64_t>(1, 12);
    const uint64_t bytes = input_.ConsumeIntegralInRange<uint64_t>(0, 20) * kBlockBytes;
    // The ring is opened before the crash, so that the crash meets only the batch.
    openForWriting();
    isCrashing_ = true;
    disk_.crashAt(call, bytes);
    put();
    disk_.recover();
    isCrashing_ = false;
    open();
    checkFile();
  }

  // ---------------------------------------------------------------- damage

  /// Chooses a place in the header, the index or the chunks, with a length that stays within the
  /// file.
  uint64_t placeFromInput(std::string& bytes) {
    const uint64_t region = input_.ConsumeIntegralInRange<uint64_t>(0, 2);
    const uint64_t at = input_.ConsumeIntegral<uint32_t>();
    const uint64_t chunksAt = kRingHeaderBytes + 64 * sizeof(RingBucket);
    const uint64_t from = region == 0 ? 0 : region == 1 ? kRingHeaderBytes : chunksAt;
    const uint64_t to = region == 0 ? sizeof(RingHeader) : region == 1 ? chunksAt : bytes.size();
    const uint64_t place = to > from ? from + at % (to - from) : at;
    return bytes.empty() ? 0 : place % bytes.size();
  }

  template <typename Change>
  void change(Change&& change) {
    isDamaged_ = true;
    isExact_ = false;
    disk_.change([&](std::string& bytes) {
      if (!bytes.empty()) change(bytes);
    });
  }

  void damage() {
    change([&](std::string& bytes) {
      const uint64_t at = placeFromInput(bytes);
      bytes[at] = static_cast<char>(bytes[at] ^
                                    static_cast<char>(1 << input_.ConsumeIntegralInRange(0, 7)));
    });
  }
  void setBytes() {
    change([&](std::string& bytes) {
      const uint64_t at = placeFromInput(bytes);
      const std::string with = input_.ConsumeRandomLengthString(64);
      const uint64_t length = std::min<uint64_t>(with.size(), bytes.size() - at);
      bytes.replace(at, length, with, 0, length);
    });
  }
  void cut() {
    change([&](std::string& bytes) {
      const uint64_t at = placeFromInput(bytes);
      bytes.resize(input_.ConsumeBool() ? at : bytes.size() + at % 100'000);
    });
  }
  void replay() {
    change([&](std::string& bytes) {
      const uint64_t at = placeFromInput(bytes);
      const uint64_t length = input_.ConsumeIntegralInRange<uint64_t>(1, uint64_t{1} << 20U);
      if (at >= snapshot_.size()) return;
      const uint64_t some = std::min({length, snapshot_.size() - at, bytes.size() - at});
      bytes.replace(at, some, snapshot_, at, some);
    });
  }
  /// Writes any numbers to a header whose checksum is right.
  void forgeHeader() {
    isDamaged_ = true;
    isExact_ = false;
    FolderTrouble trouble;
    const auto file = disk_.openFolder()->openRing(RingFolder::Open::kCreate, trouble);
    RingHeader header;
    if (readHeader(*file, kind_, header) != HeaderState::kValid) return;
    switch (input_.ConsumeIntegralInRange(0, 4)) {
      case 0:
        header.buckets = input_.ConsumeIntegral<uint32_t>();
        break;
      case 1:
        header.maxChunks = input_.ConsumeIntegral<uint32_t>();
        break;
      case 2:
        header.cursor = input_.ConsumeIntegral<uint64_t>();
        break;
      case 3:
        header.entries = input_.ConsumeIntegral<uint64_t>();
        break;
      default:
        header.kind = static_cast<RingKind>(input_.ConsumeIntegral<uint32_t>());
    }
    check(writeHeader(*file, header) == IoError::kNone, "No header is written.");
  }

  // ---------------------------------------------------------------- checks

  void readAll() {
    for (uint32_t id = 0; id < kKeys; ++id) read(id);
  }

  void read(uint32_t id) {
    const std::shared_ptr<const RingView> view = access_->view();
    if (view == nullptr) return;
    const std::string key = keyOf(id);
    char buffer[128];
    DiskFound found;
    found.out = buffer;
    found.capacity = sizeof buffer;
    const RingRead result = view->read(key, nowMs_, found);
    (void)view->has(key, nowMs_);
    check(isDamaged_ || result == RingRead::kHit || result == RingRead::kMiss,
          "A slot is stale or an entry broken in a file that nobody damaged.");
    if (result != RingRead::kHit) return;
    checkValue(id, found);
  }

  void checkValue(uint32_t id, const DiskFound& found) {
    const std::string value(found.value());
    check(value.size() >= sizeof(uint64_t), "A value is found that is too short.");
    uint64_t number = 0;
    std::memcpy(&number, value.data(), sizeof number);
    const auto put = puts_[id].find(number);
    check(put != puts_[id].end(), "A value is found that was not put under its key.");
    check(value == valueOf(id, number, put->second.bytes), "A value is not what was put.");
    check(found.version == number, "A value has the version of another put.");
    const bool isExpired =
        put->second.ttlMs != 0 && nowMs_ - put->second.putMs >= put->second.ttlMs;
    check(!isExpired, "A value is found that has expired.");
    if (!isExact_) return;
    const auto current = current_.find(id);
    check(current != current_.end() && current->second == number, "An older value came back.");
  }

  void scan() {
    const std::shared_ptr<const RingView> view = access_->view();
    if (view == nullptr || view->buckets() == 0) return;
    const uint64_t bucket = input_.ConsumeIntegral<uint32_t>() % view->buckets();
    view->scanBucket(bucket, nowMs_, [&](std::string_view key) {
      bool isKnown = false;
      for (uint32_t id = 0; id < kKeys; ++id) isKnown |= keyOf(id) == key && !puts_[id].empty();
      check(isKnown, "A scan visits a key that was never put.");
    });
  }

  /// Checks that the check of any file ends, and finds nothing in an undamaged file.
  void checkFile() {
    const std::string fault = checkRingOf(*disk_.openFolder(), {});
    if (!isDamaged_) checkNoFault(fault);
  }

  FuzzedDataProvider input_;
  MemoryDisk disk_;
  RingKind kind_ = RingKind::kValues;
  uint64_t maxBytes_ = kMinRingBytes;
  std::unique_ptr<RingAccess> access_;
  uint64_t nowMs_ = 1'000'000;
  uint64_t lastNumber_ = 0;
  std::map<uint32_t, std::map<uint64_t, Put>> puts_;
  /// The current put of each key that has one.
  std::map<uint32_t, uint64_t> current_;
  std::string snapshot_;
  std::vector<std::string> keys_;
  std::vector<std::string> values_;
  /// Whether bytes were changed that the ring did not write.
  bool isDamaged_ = false;
  /// Whether a key can have no other value than its current one.
  bool isExact_ = true;
  bool isCrashing_ = false;
};

}  // namespace
}  // namespace ebbcache::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ebbcache::fuzz::RingFuzz(data, size).run();
  return 0;
}

#include "runtime/shared_store.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ebbcache {
namespace {

/// zstd's own default for a dictionary: larger ones gain little.
constexpr uint64_t kMaxContentBytes = 112640;
/// All dictionaries take no more than this part of the store.
constexpr uint64_t kDictionariesShare = 8;
/// zstd's tables take some 75 kB for the smallest content, which is too much for a smaller store.
constexpr uint64_t kMinBytesForContent = uint64_t{2} << 20;
constexpr uint64_t kContentShare = 256;
constexpr uint64_t kContentDiskShare = 64;

Reduction reductionOf(const Shrinkage& shrinkage) {
  return {shrinkage.releasedBytes, shrinkage.evictions, shrinkage.lowered};
}

}  // namespace

std::string SharedStoreOptions::whyInvalid() const {
  std::string why = store.whyInvalid();
  if (why.empty() && minBytes > store.maxBytes) {
    why = "minBytes must be from 0 to maxBytes, " + std::to_string(store.maxBytes) + "; it is " +
          std::to_string(minBytes) + ".";
  }
  if (why.empty() && disk.isWanted()) why = disk.tier.whyInvalid();
  return why;
}

SharedStore::SharedStore(SharedStoreOptions options, std::unique_ptr<Store> store,
                         std::shared_ptr<DiskTier> disk)
    : options_(std::move(options)),
      store_(std::move(store)),
      disk_(std::move(disk)),
      tiered_(*store_, disk_,
              TieredStoreOptions{options_.disk.coherent, options_.store.defaultTtlMs}),
      dictionaries_(disk_ == nullptr ? nullptr : std::make_unique<DiskDictionaries>(*disk_)),
      codec_(codecOptions()),
      coded_(tiered_, codec_) {}

StoreCodecOptions SharedStore::codecOptions() const {
  StoreCodecOptions codec;
  codec.prefixBytes = options_.prefixBytes;
  const uint64_t maxBytes = options_.store.maxBytes;
  if (maxBytes >= kMinBytesForContent) {
    codec.maxContentBytes = std::min(kMaxContentBytes, maxBytes / kContentShare);
  }
  if (options_.disk.isWanted()) {
    const uint64_t onDisk = options_.disk.tier.maxBytes / kContentDiskShare;
    codec.maxContentBytes = std::min(codec.maxContentBytes, onDisk);
  }
  codec.dictionaries.seed = HashSeed::random();
  codec.dictionaries.archive = dictionaries_.get();
  codec.dictionaries.setAside = [this](uint64_t bytes) {
    return bytes <= store_->maxBytes() / kDictionariesShare && store_->setAside(bytes);
  };
  return codec;
}

bool SharedStore::resize(uint64_t maxBytes) {
  if (codec_.stats().dictionaryBytes > maxBytes / kDictionariesShare) {
    // Without dictionaries what is in memory can no longer be read.
    store_->clear();
    codec_.dropDictionaries(Dictionaries::Kept::kNone);
  }
  return store_->resize(maxBytes);
}

bool SharedStore::hasDiskOf(const SharedStoreOptions& options) const {
  const SharedDiskOptions& mine = options_.disk;
  const SharedDiskOptions& other = options.disk;
  if (!mine.isWanted() || !other.isWanted()) return mine.isWanted() == other.isWanted();
  return other.tier.dir == mine.tier.dir && other.tier.kind == mine.tier.kind &&
         other.coherent == mine.coherent &&
         (options.adopts.diskBytes || other.tier.maxBytes == mine.tier.maxBytes ||
          other.tier.maxBytes == disk_->stats().maxBytes);
}

bool SharedStore::isOpenedWith(const SharedStoreOptions& options) const {
  const StoreOptions& mine = options_.store;
  const StoreOptions& other = options.store;
  return options.name == options_.name && options.ebb == options_.ebb && hasDiskOf(options) &&
         options.minBytes == options_.minBytes && options.prefixBytes == options_.prefixBytes &&
         other.policy == mine.policy && other.defaultTtlMs == mine.defaultTtlMs &&
         (options.adopts.maxEntries || other.maxEntries == mine.maxEntries ||
          other.maxEntries == store_->maxEntries()) &&
         (options.adopts.maxBytes || other.maxBytes == mine.maxBytes ||
          other.maxBytes == store_->maxBytes());
}

NewEvictions SharedStore::takeNewEvictions() {
  const std::lock_guard<std::mutex> lock(takenMutex_);
  const StoreStats stats = store_->stats();
  const NewEvictions before =
      std::exchange(taken_, NewEvictions{stats.evictions, stats.evictionsByEntries});
  return {taken_.all - before.all, taken_.byEntries - before.byEntries};
}

SharedStoreStats SharedStore::stats() const {
  return history().read([this](const PressureCounts& pressure) {
    return SharedStoreStats{coded_.stats(), codec_.stats(), pressure};
  });
}

void SharedStore::giveTime(int64_t wallMs) {
  store_->clock().give(wallMs);
  if (disk_ != nullptr) disk_->giveTime(wallMs);
}

void SharedStore::giveNoTime() {
  store_->clock().give(std::nullopt);
  if (disk_ != nullptr) disk_->giveNoTime();
}

uint64_t SharedStore::minBytes() const {
  return std::max(options_.minBytes, store_->minBudget());
}

Reduction SharedStore::setBudget(uint64_t from, uint64_t to) {
  return reductionOf(store_->setBudget(from, std::max(to, options_.minBytes)));
}

Reduction SharedStore::trimPayload(double share) {
  const auto kept = static_cast<uint64_t>(share * static_cast<double>(store_->payloadBytes()));
  return reductionOf(store_->trimPayload(std::max(kept, options_.minBytes)));
}

Upkeep SharedStore::maintain(Waiting waiting) {
  switch (store_->maintain(waiting == Waiting::kYes)) {
    case MaintainResult::kIdle:
      return Upkeep::kIdle;
    case MaintainResult::kDone:
      return Upkeep::kDone;
    case MaintainResult::kMore:
      return Upkeep::kMore;
    case MaintainResult::kBusy:
      break;
  }
  return Upkeep::kBusy;
}

}  // namespace ebbcache

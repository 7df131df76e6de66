#include "codec/store_codec.h"

#include <algorithm>
#include <cstring>
#include <system_error>

#include "codec/compact_names.h"
#include "codec/dictionary_trainer.h"
#include "process/background_thread.h"

namespace ebbcache {
namespace {

/// Below this, a frame of zstd gains less than its time is worth.
constexpr size_t kMinCompressedBytes = 48;

/// Puts the prefix of `from` before what was written behind its room.
std::string_view withPrefix(std::string_view from, uint64_t prefixBytes, ByteBuffer& out) {
  if (prefixBytes != 0) std::memcpy(out.data(), from.data(), prefixBytes);
  return out.view();
}

}  // namespace

StoreCodec::~StoreCodec() {
  const std::lock_guard<std::mutex> lock(trainerMutex_);
  if (trainer_.joinable()) trainer_.join();
}

std::string_view StoreCodec::encode(std::string_view value, CodecBuffers& buffers) {
  if (value.size() <= options_.prefixBytes) return value;
  if (options_.archive != nullptr) tendArchive();
  const std::shared_ptr<const Dictionary> dictionary = current();
  const std::string_view stored =
      dictionary == nullptr ? encodePlain(value, buffers) : encodeWith(*dictionary, value, buffers);
  if (samples_.offer(value.substr(options_.prefixBytes), stored.size() - options_.prefixBytes)) {
    startTraining();
  }
  return stored;
}

std::string_view StoreCodec::encodePlain(std::string_view value, CodecBuffers& buffers) const {
  const uint64_t prefix = options_.prefixBytes;
  if (!isEncoded(value)) return value;
  if (!buffers.stored.reset(prefix + StoredValue::kRawHeaderBytes, value.size() - prefix)) {
    return {};
  }
  StoredValue::writeRawHeader(buffers.stored.data() + prefix);
  buffers.stored.append(value.substr(prefix));
  return withPrefix(value, prefix, buffers.stored);
}

std::string_view StoreCodec::encodeWith(const Dictionary& dictionary, std::string_view value,
                                        CodecBuffers& buffers) const {
  const uint64_t prefix = options_.prefixBytes;
  const uint64_t begun = prefix + StoredValue::kHeaderBytes;
  ByteBuffer& names = buffers.names;
  if (!replaceNames(value.substr(prefix), dictionary, begun, names)) {
    return encodePlain(value, buffers);
  }
  const std::string_view numbered = names.view().substr(begun);
  const uint64_t bytes = value.size() - prefix;
  // decode() refuses a value that is larger, and there is nothing to gain from a smaller one.
  const auto isUseful = [&](const ByteBuffer& stored) {
    return stored.size() < value.size() &&
           bytes <= ZstdContexts::kMaxRatio * (stored.size() - prefix);
  };
  if (numbered.size() >= kMinCompressedBytes &&
      buffers.zstd.compress(numbered, dictionary, begun, buffers.stored) &&
      buffers.stored.size() < names.size() && isUseful(buffers.stored)) {
    StoredValue::writeHeader(buffers.stored.data() + prefix, StorageMethod::kZstd, dictionary.id());
    return withPrefix(value, prefix, buffers.stored);
  }
  if (!isUseful(names)) return encodePlain(value, buffers);
  StoredValue::writeHeader(names.data() + prefix, StorageMethod::kNames, dictionary.id());
  return withPrefix(value, prefix, names);
}

std::string_view StoreCodec::decode(std::string_view stored, Names names, CodecBuffers& buffers) {
  if (!isEncoded(stored)) return stored;
  const std::string_view value = decodeMarked(stored, names, buffers);
  if (value.data() == nullptr) noteUndecodable();
  return value;
}

std::string_view StoreCodec::decodeMarked(std::string_view stored, Names names,
                                          CodecBuffers& buffers) {
  const uint64_t prefix = options_.prefixBytes;
  StoredValue parsed;
  if (!parsed.parse(stored.substr(prefix))) return {};
  if (parsed.method == StorageMethod::kRaw) {
    if (names == Names::kNumbered) return stored;
    if (!buffers.stored.reset(prefix, parsed.body.size())) return {};
    buffers.stored.append(parsed.body);
    return withPrefix(stored, prefix, buffers.stored);
  }
  const std::shared_ptr<const Dictionary> found = dictionary(parsed.dictionaryId);
  if (found == nullptr) return {};
  if (parsed.method == StorageMethod::kNames && names == Names::kNumbered) return stored;
  std::string_view numbered = parsed.body;
  if (parsed.method == StorageMethod::kZstd) {
    const uint64_t begun = prefix + StoredValue::kHeaderBytes;
    if (!buffers.zstd.decompress(parsed.body, *found, begun, buffers.names)) return {};
    if (names == Names::kNumbered) {
      StoredValue::writeHeader(buffers.names.data() + prefix, StorageMethod::kNames, found->id());
      return withPrefix(stored, prefix, buffers.names);
    }
    numbered = buffers.names.view().substr(begun);
  }
  const uint64_t maxBytes = ZstdContexts::kMaxRatio * (stored.size() - prefix);
  if (!restoreNames(numbered, *found, maxBytes, prefix, buffers.stored)) return {};
  return withPrefix(stored, prefix, buffers.stored);
}

std::shared_ptr<const Dictionary> StoreCodec::current() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return current_;
}

std::shared_ptr<const Dictionary> StoreCodec::held(uint32_t id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& each : dictionaries_) {
    if (each->id() == id) return each;
  }
  return nullptr;
}

std::shared_ptr<const Dictionary> StoreCodec::dictionary(uint32_t id) {
  auto found = held(id);
  return found != nullptr ? found : load(id, Use::kForReading);
}

std::shared_ptr<const Dictionary> StoreCodec::load(uint32_t id, Use use) try {
  if (options_.archive == nullptr || id == 0) return nullptr;
  std::shared_ptr<const Dictionary> loaded =
      Dictionary::parse(options_.archive->load(id), options_.seed);
  // The number is made of the bytes: another one means that they are not those that were saved.
  if (loaded == nullptr || loaded->id() != id || !add(loaded, use)) return nullptr;
  return loaded;
} catch (const std::bad_alloc&) {
  return nullptr;
}

bool StoreCodec::add(const std::shared_ptr<const Dictionary>& dictionary, Use use) {
  const std::lock_guard<std::mutex> change(changeMutex_);
  if (held(dictionary->id()) == nullptr) {
    const StoreCodecStats before = stats();
    const bool isFull = before.dictionaries == kMaxDictionaries;
    // What was saved can be loaded again.
    if (isFull && options_.archive == nullptr) return false;
    if (!options_.setAside(before.dictionaryBytes + dictionary->heldBytes())) return false;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (isFull) dictionaries_.erase(dictionaries_.begin() + (dictionaries_[0] == current_ ? 1 : 0));
    dictionaries_.push_back(dictionary);
  }
  if (use == Use::kForReading) return true;
  const std::lock_guard<std::mutex> lock(mutex_);
  current_ = dictionary;
  return true;
}

void StoreCodec::dropDictionaries(Kept kept) {
  const std::lock_guard<std::mutex> change(changeMutex_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (kept == Kept::kNone) current_ = nullptr;
    dictionaries_.clear();
    if (current_ != nullptr) dictionaries_.push_back(current_);
  }
  options_.setAside(stats().dictionaryBytes);
  samples_.restart();
  // What emptied the store may have emptied the archive.
  if (options_.archive != nullptr && kept == Kept::kCurrent) saveMissing();
}

void StoreCodec::tendArchive() {
  constexpr Clock::duration kInterval = std::chrono::seconds(1);
  const Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep before = tendedAt_.load(std::memory_order_relaxed);
  if (now - before < kInterval.count() && before != 0) return;
  if (!tendedAt_.compare_exchange_strong(before, now, std::memory_order_relaxed)) return;
  try {
    if (current() != nullptr) {
      saveMissing();
    } else if (load(options_.archive->latest(), Use::kCurrent) != nullptr) {
      samples_.skipFirstRounds();
    }
  } catch (const std::bad_alloc&) {
    // The next second may have memory.
  }
}

void StoreCodec::saveMissing() {
  DictionaryArchive& archive = *options_.archive;
  std::vector<std::shared_ptr<const Dictionary>> all;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    all = dictionaries_;
  }
  for (const auto& each : all) {
    if (!archive.has(each->id())) archive.save(*each);
  }
  const auto latest = current();
  if (latest != nullptr && archive.latest() == 0) archive.saveLatest(latest->id());
}

StoreCodecStats StoreCodec::stats() const {
  StoreCodecStats stats;
  const std::lock_guard<std::mutex> lock(mutex_);
  stats.dictionaries = dictionaries_.size();
  for (const auto& each : dictionaries_) stats.dictionaryBytes += each->heldBytes();
  stats.trainings = trainings_;
  stats.undecodable = undecodable_;
  return stats;
}

void StoreCodec::startTraining() {
  const std::lock_guard<std::mutex> lock(trainerMutex_);
  // An earlier training has ended, because a round begins only after that.
  if (trainer_.joinable()) trainer_.join();
  try {
    trainer_ = std::thread([this, samples = samples_.take()] {
      stayInBackground();
      samples_.endRound(train(samples));
    });
  } catch (const std::exception&) {
    // The system has no thread, or the heap no memory.
    samples_.endRound(false);
  }
}

bool StoreCodec::train(const std::vector<std::string>& samples) try {
  const auto trained = trainDictionary(samples, {options_.maxContentBytes, options_.seed});
  // Values of another kind may follow those that have nothing in common.
  if (trained == nullptr) return true;
  if (options_.archive != nullptr) options_.archive->save(*trained);
  if (!add(trained, Use::kCurrent)) return false;
  if (options_.archive != nullptr) options_.archive->saveLatest(trained->id());
  ++trainings_;
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

}  // namespace ebbcache

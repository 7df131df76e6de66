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
  if (dictionaries_.tendArchive()) samples_.skipFirstRounds();
  const std::shared_ptr<const Dictionary> dictionary = dictionaries_.current();
  const std::string_view stored =
      dictionary == nullptr ? encodePlain(value, buffers) : encodeWith(*dictionary, value, buffers);
  if (stored.data() == nullptr) return stored;
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

std::string_view StoreCodec::decode(std::string_view stored, Names names, CodecBuffers& buffers,
                                    Room room) {
  if (!isEncoded(stored)) return stored;
  const std::string_view value = decodeMarked(stored, names, buffers, room);
  if (value.data() == nullptr) noteUndecodable();
  return value;
}

std::string_view StoreCodec::decodeMarked(std::string_view stored, Names names,
                                          CodecBuffers& buffers, Room room) {
  const uint64_t prefix = options_.prefixBytes;
  StoredValue parsed;
  if (!parsed.parse(stored.substr(prefix))) return {};
  if (parsed.method == StorageMethod::kRaw) {
    if (names == Names::kNumbered) return stored;
    if (!buffers.stored.reset(prefix, parsed.body.size())) return {};
    buffers.stored.append(parsed.body);
    return withPrefix(stored, prefix, buffers.stored);
  }
  const std::shared_ptr<const Dictionary> found = dictionaries_.find(parsed.dictionaryId);
  if (found == nullptr) return {};
  if (parsed.method == StorageMethod::kNames && names == Names::kNumbered) return stored;
  std::string_view numbered = parsed.body;
  if (parsed.method == StorageMethod::kZstd) {
    const bool isResult = names == Names::kNumbered;
    const std::string_view value =
        decompress(stored, parsed.body, *found, buffers, isResult ? room : Room());
    if (isResult || value.data() == nullptr) return value;
    numbered = value.substr(prefix + StoredValue::kHeaderBytes);
  }
  const uint64_t maxBytes = ZstdContexts::kMaxRatio * (stored.size() - prefix);
  if (!restoreNames(numbered, *found, maxBytes, prefix, buffers.stored)) return {};
  return withPrefix(stored, prefix, buffers.stored);
}

std::string_view StoreCodec::decompress(std::string_view stored, std::string_view frame,
                                        const Dictionary& dictionary, CodecBuffers& buffers,
                                        Room room) const {
  const uint64_t prefix = options_.prefixBytes;
  const uint64_t begun = prefix + StoredValue::kHeaderBytes;
  const std::optional<uint64_t> bytes = ZstdContexts::contentBytes(frame);
  if (!bytes) return {};
  char* out = room.bytes;
  if (begun + *bytes <= room.capacity) {
    // The frame is where the value will be.
    if (!buffers.stored.reset(0, frame.size())) return {};
    buffers.stored.append(frame);
    frame = buffers.stored.view();
  } else {
    if (!buffers.names.reset(begun, *bytes)) return {};
    out = buffers.names.data();
    std::memcpy(out, stored.data(), prefix);
  }
  if (!buffers.zstd.decompress(frame, dictionary, out + begun, *bytes)) return {};
  StoredValue::writeHeader(out + prefix, StorageMethod::kNames, dictionary.id());
  return {out, begun + *bytes};
}

void StoreCodec::dropDictionaries(Dictionaries::Kept kept) {
  dictionaries_.drop(kept);
  samples_.restart();
}

StoreCodecStats StoreCodec::stats() const {
  return {dictionaries_.count(), dictionaries_.bytes(), trainings_, undecodable_};
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
  const auto trained =
      trainDictionary(samples, {options_.maxContentBytes, options_.dictionaries.seed});
  // Values of another kind may follow those that have nothing in common.
  if (trained == nullptr) return true;
  if (!dictionaries_.add(trained)) return false;
  ++trainings_;
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

}  // namespace ebbcache

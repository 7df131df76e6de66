#include "tiers/coded_store.h"

#include <cstring>
#include <string>

#include "tiers/disk_dictionaries.h"

namespace ebbcache {

PutResult CodedStore::put(std::string_view key, std::string_view value, const PutOptions& options,
                          Form form, CodecBuffers& buffers) {
  const std::string_view stored =
      form == Form::kCompact ? codec_.encode(value, buffers) : codec_.encodePlain(value, buffers);
  if (stored.data() == nullptr && !value.empty()) return PutResult::kNoMemory;
  const PutResult result = tiered_.put(key, stored, options);
  buffers.releaseIfLarge();
  return result;
}

ReadResult CodedStore::get(std::string_view key, const Reading& reading, uint64_t& bytes,
                           bool* fromDisk) {
  return decode(tiered_.get(key, reading.out, reading.capacity, bytes, fromDisk), reading, bytes,
                true);
}

ReadResult CodedStore::getPrefixed(std::string_view key, std::string_view prefix,
                                   const Reading& reading, uint64_t& bytes, bool* fromDisk) {
  return decode(tiered_.getPrefixed(key, prefix, reading.out, reading.capacity, bytes, fromDisk),
                reading, bytes, true);
}

ReadResult CodedStore::peek(std::string_view key, const Reading& reading, uint64_t& bytes) {
  return decode(tiered_.peek(key, reading.out, reading.capacity, bytes), reading, bytes, false);
}

ReadResult CodedStore::view(std::string_view key,
                            const std::function<void(std::string_view)>& visit,
                            CodecBuffers& buffers) {
  // One reference fits a std::function without the heap.
  struct Context {
    const StoreCodec& codec;
    const std::function<void(std::string_view)>& visit;
    std::string encoded;
  } context{codec_, visit, {}};
  const ReadResult result = tiered_.view(key, [&context](std::string_view stored) {
    // To decode may call the store, which this function MUST NOT do.
    if (context.codec.isEncoded(stored)) {
      context.encoded = stored;
    } else {
      context.visit(stored);
    }
  });
  if (context.encoded.empty()) return result;
  const std::string_view value = codec_.decode(context.encoded, Names::kWhole, buffers);
  if (value.data() == nullptr) {
    undecodedHits_.fetch_add(1, std::memory_order_relaxed);
    return ReadResult::kMiss;
  }
  visit(value);
  return result;
}

ReadResult CodedStore::decode(ReadResult result, const Reading& reading, uint64_t& bytes,
                              bool isCounted) {
  if (result != ReadResult::kHit) return result;
  const std::string_view stored(reading.out, bytes);
  if (reading.known != nullptr && isUnchanged(stored, *reading.known)) return result;
  const std::string_view value =
      codec_.decode(stored, reading.names, reading.buffers, {reading.out, reading.capacity});
  if (value.data() == reading.out) {
    bytes = value.size();
    return result;
  }
  if (value.data() == nullptr) {
    if (isCounted) undecodedHits_.fetch_add(1, std::memory_order_relaxed);
    return ReadResult::kMiss;
  }
  bytes = value.size();
  if (bytes > reading.capacity) {
    if (isCounted) repeatedHits_.fetch_add(1, std::memory_order_relaxed);
    return ReadResult::kBufferTooSmall;
  }
  std::memcpy(reading.out, value.data(), value.size());
  return result;
}

bool CodedStore::isUnchanged(std::string_view stored, KnownValue& known) const {
  const uint64_t fingerprint = fingerprint_(stored);
  const Store& memory = tiered_.memory();
  known.isUnchanged = fingerprint == known.fingerprint;
  known.fingerprint = fingerprint;
  known.isPressed = memory.budgetBytes() < memory.maxBytes();
  return known.isUnchanged;
}

void CodedStore::clear() {
  tiered_.clear();
  codec_.dropDictionaries(Dictionaries::Kept::kCurrent);
}

uint64_t CodedStore::scan(uint64_t cursor, const std::function<void(std::string_view)>& visit) {
  return tiered_.scan(cursor, [&visit](std::string_view key) {
    if (!DiskDictionaries::isKey(key)) visit(key);
  });
}

StoreStats CodedStore::stats() const {
  StoreStats stats = tiered_.stats();
  const uint64_t undecoded = undecodedHits_.load(std::memory_order_relaxed);
  stats.hits -= undecoded + repeatedHits_.load(std::memory_order_relaxed);
  stats.misses += undecoded;
  return stats;
}

}  // namespace ebbcache

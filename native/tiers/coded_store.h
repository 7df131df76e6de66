// A store and its disk tier whose values a codec makes compact. What is stored is the codec's own
// matter: callers give and get values of msgpack. Thread-safe, except for the buffers, which are
// those of the calling thread.
//
//   put   value -> StoreCodec::encode() -> TieredStore
//   get   TieredStore -> StoreCodec::decode() -> value, in the caller's buffer
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "codec/store_codec.h"
#include "hash/fingerprint.h"
#include "tiers/tiered_store.h"

namespace ebbcache {

class CodedStore {
 public:
  using Names = StoreCodec::Names;

  /// Both MUST outlive it.
  CodedStore(TieredStore& tiered, StoreCodec& codec)
      : tiered_(tiered), codec_(codec), fingerprint_(HashSeed::random()) {}
  CodedStore(const CodedStore&) = delete;
  CodedStore& operator=(const CodedStore&) = delete;

  /// How a value is stored; all of them can be read, however the reader puts its own.
  enum class Form : uint8_t { kPlain, kCompact };

  /// See TieredStore. The value is what follows the codec's prefix.
  PutResult put(std::string_view key, std::string_view value, const PutOptions& options, Form form,
                CodecBuffers& buffers);

  /// A value that the caller has decoded before.
  struct KnownValue {
    /// In: the fingerprint that the value had, or 0. Out: the one that it has.
    uint64_t fingerprint = 0;
    /// Whether both are the same: then nothing is decoded, and the buffer's content is undefined.
    bool isUnchanged = false;
    /// Whether memory pressure holds the store's budget down.
    bool isPressed = false;
  };

  /// The buffer of a read, and how it is decoded.
  struct Reading {
    char* out;
    uint64_t capacity;
    Names names;
    CodecBuffers& buffers;
    /// Null where the caller knows nothing of the value.
    KnownValue* known = nullptr;
  };

  // See TieredStore for the reads: they set `bytes` to the size of the decoded value, and return
  // kBufferTooSmall where the buffer is smaller. A value that cannot be decoded is a miss.

  ReadResult get(std::string_view key, const Reading& reading, uint64_t& bytes,
                 bool* fromDisk = nullptr);
  ReadResult getPrefixed(std::string_view key, std::string_view prefix, const Reading& reading,
                         uint64_t& bytes, bool* fromDisk = nullptr);
  ReadResult peek(std::string_view key, const Reading& reading, uint64_t& bytes);
  /// The names of fields are whole.
  ReadResult view(std::string_view key, const std::function<void(std::string_view value)>& visit,
                  CodecBuffers& buffers);

  /// Clears the tiers, and drops the dictionaries that no entry needs then.
  void clear();
  /// See TieredStore; the keys of dictionaries are left out.
  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view key)>& visit);

  /// The statistics of TieredStore, in which a read that failed to decode is a miss, and one that
  /// had to be repeated with a larger buffer counts once.
  StoreStats stats() const;

  TieredStore& tiered() const { return tiered_; }
  StoreCodec& codec() { return codec_; }

 private:
  /// Decodes a value that was read into the buffer.
  ReadResult decode(ReadResult result, const Reading& reading, uint64_t& bytes, bool isCounted);

  bool isUnchanged(std::string_view stored, KnownValue& known) const;

  TieredStore& tiered_;
  StoreCodec& codec_;
  const Fingerprint fingerprint_;
  std::atomic<uint64_t> repeatedHits_{0};
  std::atomic<uint64_t> undecodedHits_{0};
};

}  // namespace ebbcache

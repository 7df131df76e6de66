// Makes the values of a store compact, and gives them back. Thread-safe.
//
//   encode   value -> names replaced -> compressed with the current dictionary -> what is stored
//   decode   what is stored -> decompressed -> with names, or with numbers in their place
//
// A part of the values is sampled, and a thread trains dictionaries from them. Values are stored as
// they are until there is the first one, and wherever compaction would not make them smaller.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "codec/codec_buffers.h"
#include "codec/dictionaries.h"
#include "codec/sample_collector.h"
#include "codec/stored_value.h"

namespace ebbcache {

struct StoreCodecOptions {
  /// The number of bytes before each value that stay as they are.
  uint64_t prefixBytes = 0;
  /// The maximum number of bytes of a dictionary's content for zstd.
  uint64_t maxContentBytes = 0;
  /// `setAside` is called on the thread that trains, and on those that read.
  DictionariesOptions dictionaries;
};

struct StoreCodecStats {
  /// The dictionaries that entries may name, and the bytes of memory that these take.
  uint64_t dictionaries = 0;
  uint64_t dictionaryBytes = 0;
  /// The dictionaries that were trained.
  uint64_t trainings = 0;
  /// The values that were stored and could not be decoded.
  uint64_t undecodable = 0;
};

class StoreCodec {
 public:
  explicit StoreCodec(StoreCodecOptions options)
      : options_(std::move(options)), dictionaries_(options_.dictionaries) {}
  /// Waits for a training.
  ~StoreCodec();
  StoreCodec(const StoreCodec&) = delete;
  StoreCodec& operator=(const StoreCodec&) = delete;

  // Both return what is to be stored for a prefix and the value behind it: the value itself, or
  // bytes in `buffers`; a view without data where the heap is exhausted.

  /// Makes it compact where it is msgpack; other bytes too come back as they were.
  std::string_view encode(std::string_view value, CodecBuffers& buffers);
  /// Leaves it as it is, or at least readable as such.
  std::string_view encodePlain(std::string_view value, CodecBuffers& buffers) const;

  /// Whether decode() would change what is stored.
  bool isEncoded(std::string_view stored) const {
    return stored.size() > options_.prefixBytes &&
           StoredValue::isMarked(stored.substr(options_.prefixBytes));
  }

  enum class Names : uint8_t {
    /// Numbers stay, behind the header of StorageMethod::kNames; so does that of
    /// StorageMethod::kRaw.
    kNumbered,
    kWhole,
  };
  /// Bytes that begin with what is stored, and that the value may overwrite.
  struct Room {
    char* bytes = nullptr;
    uint64_t capacity = 0;
  };
  /// Returns the prefix and the value of what is stored: bytes at `stored`, in `room` or in
  /// `buffers`. Returns a view without data for what no present dictionary decodes, which is
  /// counted.
  std::string_view decode(std::string_view stored, Names names, CodecBuffers& buffers, Room room);
  std::string_view decode(std::string_view stored, Names names, CodecBuffers& buffers) {
    return decode(stored, names, buffers, {});
  }

  /// See Dictionaries::drop().
  void dropDictionaries(Dictionaries::Kept kept);
  /// Notes a value that was decoded as far as numbered names, and no further.
  void noteUndecodable() { undecodable_.fetch_add(1, std::memory_order_relaxed); }

  /// Null for the number of none.
  std::shared_ptr<const Dictionary> dictionary(uint32_t id) { return dictionaries_.find(id); }
  StoreCodecStats stats() const;

 private:
  std::string_view encodeWith(const Dictionary& dictionary, std::string_view value,
                              CodecBuffers& buffers) const;
  std::string_view decodeMarked(std::string_view stored, Names names, CodecBuffers& buffers,
                                Room room);
  /// Returns what is stored with a frame decompressed: the prefix, a header and numbered names.
  std::string_view decompress(std::string_view stored, std::string_view frame,
                              const Dictionary& dictionary, CodecBuffers& buffers, Room room) const;
  void startTraining();
  /// Returns false where the store has no use for further dictionaries.
  bool train(const std::vector<std::string>& samples);

  const StoreCodecOptions options_;
  SampleCollector samples_;
  Dictionaries dictionaries_;
  std::atomic<uint64_t> trainings_{0};
  std::atomic<uint64_t> undecodable_{0};
  std::mutex trainerMutex_;
  std::thread trainer_;
};

}  // namespace ebbcache

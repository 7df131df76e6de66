// What one thread needs to encode and decode values, and a pool of it for those who call from any
// thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "codec/byte_buffer.h"
#include "codec/zstd_contexts.h"

namespace ebbcache {

struct CodecBuffers {
  ZstdContexts zstd;
  ByteBuffer names;
  ByteBuffer stored;

  void releaseIfLarge() {
    names.releaseIfLarge();
    stored.releaseIfLarge();
  }
};

/// Thread-safe. As long as one thread calls at a time, it takes nothing from the heap.
class CodecBuffersPool {
 public:
  CodecBuffersPool() {
    free_.reserve(kMaxFree);
    free_.push_back(std::make_unique<CodecBuffers>());
  }

  /// Buffers for one call, which go back to the pool when it ends.
  class Borrowed {
   public:
    explicit Borrowed(CodecBuffersPool& pool) : pool_(pool), buffers_(pool.take()) {}
    ~Borrowed() { pool_.giveBack(std::move(buffers_)); }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    CodecBuffers& operator*() const { return *buffers_; }

   private:
    CodecBuffersPool& pool_;
    std::unique_ptr<CodecBuffers> buffers_;
  };

 private:
  /// The buffers of more threads than this are freed after each call.
  static constexpr size_t kMaxFree = 16;

  std::unique_ptr<CodecBuffers> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (free_.empty()) return std::make_unique<CodecBuffers>();
    std::unique_ptr<CodecBuffers> taken = std::move(free_.back());
    free_.pop_back();
    return taken;
  }
  void giveBack(std::unique_ptr<CodecBuffers> buffers) {
    buffers->releaseIfLarge();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (free_.size() < kMaxFree) free_.push_back(std::move(buffers));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<CodecBuffers>> free_;
};

}  // namespace ebbcache

// A buffer that one caller uses again and again, so that most calls allocate nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace ebbcache {

class ByteBuffer {
 public:
  char* data() { return bytes_.get(); }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  std::string_view view() const { return {bytes_.get(), size_}; }

  /// Replaces its content by `begun` bytes that the caller MUST write, with room for `more` behind
  /// them. Returns false where the heap refuses them.
  bool reset(size_t begun, size_t more) {
    size_ = 0;
    if (begun + more > capacity_) {
      bytes_.reset(new (std::nothrow) char[begun + more]);
      capacity_ = bytes_ == nullptr ? 0 : begun + more;
      if (bytes_ == nullptr) return false;
    }
    size_ = begun;
    return true;
  }
  /// Keeps its content, and makes room for `more` bytes behind it without a capacity of more than
  /// `maxBytes`. Returns false, with everything as it was, where that or the heap refuses them.
  bool ensureRoom(size_t more, size_t maxBytes) {
    if (more <= room()) return true;
    if (size_ > maxBytes || more > maxBytes - size_) return false;
    const size_t needed = size_ + more;
    const size_t larger = capacity_ > maxBytes / 2 ? maxBytes : 2 * capacity_;
    const size_t capacity = needed > larger ? needed : larger;
    std::unique_ptr<char[]> bytes(new (std::nothrow) char[capacity]);
    if (bytes == nullptr) return false;
    if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
    return true;
  }
  /// The free bytes behind the content.
  char* end() { return bytes_.get() + size_; }
  size_t room() const { return capacity_ - size_; }
  /// Adds bytes that the caller has written at end().
  void grow(size_t bytes) { size_ += bytes; }
  /// Has its content end where the caller has written up to, or at an earlier byte.
  void endAt(const char* end) { size_ = static_cast<size_t>(end - bytes_.get()); }
  /// There MUST be room.
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  /// There MUST be room.
  void append(char byte) { bytes_[size_++] = byte; }

  /// Frees what a rare large value made it take.
  void releaseIfLarge() {
    if (capacity_ <= kKeptBytes) return;
    bytes_.reset();
    size_ = capacity_ = 0;
  }

 private:
  static constexpr size_t kKeptBytes = size_t{1} << 20;

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace ebbcache

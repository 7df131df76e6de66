// The stamps of a stamped store: 8 bytes before each value. A store that is not stamped has none.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/noinline.h"
#include "store/deadline.h"
#include "store/entry.h"

namespace ebbcache {

/// Writes key and value without a stamp.
inline void writeEntry(Entry& entry, std::string_view key, std::string_view value,
                       Deadline deadline) {
  entry.begin({key.size(), value.size(), !deadline.isNever()});
  if (!deadline.isNever()) entry.setDeadline(deadline);
  std::memcpy(entry.keyData(), key.data(), key.size());
  if (!value.empty()) std::memcpy(entry.valueData(), value.data(), value.size());
}

class ValueStamps {
 public:
  explicit ValueStamps(bool stamped) : bytes_(stamped ? sizeof(uint64_t) : 0) {}

  /// The number of bytes before each value; 0 where the store is not stamped.
  uint64_t bytes() const { return bytes_; }

  /// The value without its stamp.
  std::string_view valueOf(const Entry& entry) const {
    const std::string_view value = entry.value();
    return {value.data() + bytes_, value.size() - bytes_};
  }
  /// The stamp of an entry; 0 where the store is not stamped.
  uint64_t stampOf(const Entry& entry) const {
    uint64_t stamp = 0;
    std::memcpy(&stamp, entry.value().data(), bytes_);
    return stamp;
  }

  /// Writes key and value, with the stamp where the store is stamped.
  void write(Entry& entry, std::string_view key, std::string_view value, Deadline deadline,
             uint64_t stamp) const {
    if (bytes_ == 0) return writeEntry(entry, key, value, deadline);
    writeStamped(entry, key, value, deadline, stamp);
  }

 private:
  /// It is not inlined, so that puts of a store that is not stamped take no longer for it.
  EBBCACHE_NOINLINE static void writeStamped(Entry& entry, std::string_view key,
                                             std::string_view value, Deadline deadline,
                                             uint64_t stamp) {
    entry.begin({key.size(), sizeof stamp + value.size(), !deadline.isNever()});
    if (!deadline.isNever()) entry.setDeadline(deadline);
    std::memcpy(entry.keyData(), key.data(), key.size());
    char* const at = entry.valueData();
    std::memcpy(at, &stamp, sizeof stamp);
    if (!value.empty()) std::memcpy(at + sizeof stamp, value.data(), value.size());
  }

  const uint64_t bytes_;
};

}  // namespace ebbcache

// What the entries of a store have in common: names of fields, which become small numbers, and
// content that zstd refers to. A dictionary never changes, and is known by a number that is made
// of its bytes, so that whoever has the number either has the same dictionary or none.
//
// Its bytes, by which it moves between processes; numbers are little-endian:
//
//   0          4        8                          8 + n
//   +----------+--------+--------------------------+-----------------------------+
//   | version  | names  | names, each after its    | zstd dictionary, see        |
//   | u32      | u32    | length u8                | zdict.h; it may be empty    |
//   +----------+--------+--------------------------+-----------------------------+
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hash/multiply_hash.h"

// The types of zstd, whose headers only native/codec/ includes.
struct ZSTD_CDict_s;
struct ZSTD_DDict_s;

namespace ebbcache {

class Dictionary {
 public:
  static constexpr uint32_t kMaxNames = 4096;
  /// The number of bytes of a name. A name of one byte would gain nothing; a longer one than the
  /// maximum would let few bytes stand for too many.
  static constexpr size_t kMinNameBytes = 2;
  static constexpr size_t kMaxNameBytes = 63;

  /// Returns null for more or other names than the limits allow, or where the heap or zstd refuses.
  /// `content` is a dictionary of zstd, or empty. `seed` keeps strangers from choosing names that
  /// are found slowly.
  static std::shared_ptr<const Dictionary> make(const std::vector<std::string>& names,
                                                std::string_view content, const HashSeed& seed);
  /// The same from the bytes of a dictionary; null for others.
  static std::shared_ptr<const Dictionary> parse(std::string_view bytes, const HashSeed& seed);
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  /// Whether a name may be in a dictionary: it is printable ASCII, of a length within the limits.
  static bool accepts(std::string_view name);

  /// The number is never 0.
  uint32_t id() const { return id_; }
  std::string_view bytes() const { return bytes_; }

  uint32_t nameCount() const { return static_cast<uint32_t>(names_.size()); }
  /// The name of a number below nameCount().
  std::string_view name(uint32_t number) const { return names_[number]; }
  /// Whether the name is its own text in JSON, and JavaScript has it behind all earlier keys of an
  /// object: it is no index of an array, and not '__proto__'.
  bool isOrdinary(uint32_t number) const { return ordinary_[number]; }
  /// The number of a name.
  std::optional<uint32_t> find(std::string_view name) const;

  /// Null where there is no content.
  const ZSTD_CDict_s* forCompression() const { return forCompression_; }
  const ZSTD_DDict_s* forDecompression() const { return forDecompression_; }

  /// The bytes of memory that it takes, by zstd's count and its own.
  uint64_t heldBytes() const;

 private:
  Dictionary(std::string bytes, const HashSeed& seed);
  /// Returns false for bytes that are no dictionary, and where zstd refuses.
  bool open();
  bool readNames(std::string_view& content);

  const std::string bytes_;
  uint32_t id_;
  /// They refer to bytes_.
  std::vector<std::string_view> names_;
  std::vector<bool> ordinary_;
  MultiplyHash hash_;
  /// Open addressing: numbers of names plus one, 0 where there is none. Twice as many places as
  /// names, or more.
  std::vector<uint16_t> places_;
  ZSTD_CDict_s* forCompression_ = nullptr;
  ZSTD_DDict_s* forDecompression_ = nullptr;
};

}  // namespace ebbcache

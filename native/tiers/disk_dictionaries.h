// The dictionaries of a store with a disk tier: entries of the ring next to those that need them,
// so that they share its budget, its checksums and its file.
//
//   key     0xff | "dictionary" | id, 8 hexadecimal digits     value: the bytes of the dictionary
//           0xff | "dictionary"                                value: the id of the latest one,
//           digits
//
// No key of JavaScript has a byte 0xff, because it is UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/dictionary_archive.h"
#include "disk/disk_store.h"

namespace ebbcache {

class DiskDictionaries final : public DictionaryArchive {
 public:
  /// `disk` MUST outlive it.
  explicit DiskDictionaries(DiskStore& disk) : disk_(disk) {}

  /// Whether a key of the ring is one of a dictionary, which is no key of the cache.
  static bool isKey(std::string_view key);

  bool has(uint32_t id) override;
  std::string load(uint32_t id) override;
  uint32_t latest() override;
  void save(const Dictionary& dictionary) override;
  void saveLatest(uint32_t id) override;

 private:
  std::string read(std::string_view key);

  DiskStore& disk_;
};

}  // namespace ebbcache

// The place where dictionaries outlive the process, and where other processes find them.
#pragma once

#include <cstdint>
#include <string>

#include "codec/dictionary.h"

namespace ebbcache {

/// Thread-safe. Everything in it may be gone at any time: then values that need it are misses.
class DictionaryArchive {
 public:
  DictionaryArchive() = default;
  virtual ~DictionaryArchive() = default;
  DictionaryArchive(const DictionaryArchive&) = delete;
  DictionaryArchive& operator=(const DictionaryArchive&) = delete;

  virtual bool has(uint32_t id) = 0;
  /// The bytes of a dictionary; empty where it is not there.
  virtual std::string load(uint32_t id) = 0;
  /// The dictionary with which values were last written; 0 where that is not known.
  virtual uint32_t latest() = 0;
  virtual void save(const Dictionary& dictionary) = 0;
  virtual void saveLatest(uint32_t id) = 0;
};

}  // namespace ebbcache

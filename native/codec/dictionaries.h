// The dictionaries of a store: the current one, with which values are written, and those that
// stored values may name. Thread-safe.
//
// With an archive, a dictionary is saved there before a value needs it, and again when it has gone
// from there; one that a value names and this process does not have is loaded.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "codec/dictionary.h"
#include "codec/dictionary_archive.h"

namespace ebbcache {

struct DictionariesOptions {
  HashSeed seed{};
  /// Called before a dictionary is used, with the bytes of memory that all of them take then. Where
  /// it returns false, the dictionary is not used.
  std::function<bool(uint64_t bytes)> setAside = [](uint64_t) { return true; };
  /// Null for a store whose values do not outlive it; it MUST outlive this object.
  DictionaryArchive* archive = nullptr;
};

class Dictionaries {
 public:
  static constexpr size_t kMax = 8;

  explicit Dictionaries(DictionariesOptions options) : options_(std::move(options)) {}
  Dictionaries(const Dictionaries&) = delete;
  Dictionaries& operator=(const Dictionaries&) = delete;

  /// Null until there is one.
  std::shared_ptr<const Dictionary> current() const;
  /// Null for the number of none, neither here nor in the archive.
  std::shared_ptr<const Dictionary> find(uint32_t id);

  /// Makes it the current one. Returns false where the store has no room for it, or has kMax of
  /// them and no archive.
  bool add(const std::shared_ptr<const Dictionary>& dictionary);
  enum class Kept : uint8_t { kNone, kCurrent };
  /// Values that need another one can be read no more, unless it is in the archive.
  void drop(Kept kept);
  /// Once a second, saves again what is missing in the archive, or looks there for a dictionary as
  /// long as there is none. Returns true where it has found one, which is the current one then.
  bool tendArchive();

  uint64_t count() const;
  /// The bytes of memory that they take.
  uint64_t bytes() const;

 private:
  using Clock = std::chrono::steady_clock;

  std::shared_ptr<const Dictionary> held(uint32_t id) const;
  std::shared_ptr<const Dictionary> load(uint32_t id);
  /// Returns false for the same reasons as add().
  bool hold(const std::shared_ptr<const Dictionary>& dictionary);
  void makeCurrent(const std::shared_ptr<const Dictionary>& dictionary);
  bool isTimeToTend();
  void saveMissing();

  const DictionariesOptions options_;
  /// Guards the following two, as long as they are few and nothing else is done meanwhile.
  mutable std::mutex mutex_;
  /// The oldest one is the first.
  std::vector<std::shared_ptr<const Dictionary>> all_;
  std::shared_ptr<const Dictionary> current_;
  /// Whoever changes which there are MUST hold it: `setAside` may wait for the store's locks.
  std::mutex changeMutex_;
  std::atomic<Clock::rep> tendedAt_{0};
};

}  // namespace ebbcache

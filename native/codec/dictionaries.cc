#include "codec/dictionaries.h"

#include <new>

namespace ebbcache {

std::shared_ptr<const Dictionary> Dictionaries::current() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return current_;
}

std::shared_ptr<const Dictionary> Dictionaries::find(uint32_t id) {
  const std::shared_ptr<const Dictionary> found = held(id);
  return found != nullptr ? found : load(id);
}

std::shared_ptr<const Dictionary> Dictionaries::held(uint32_t id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& each : all_) {
    if (each->id() == id) return each;
  }
  return nullptr;
}

std::shared_ptr<const Dictionary> Dictionaries::load(uint32_t id) try {
  if (options_.archive == nullptr || id == 0) return nullptr;
  std::shared_ptr<const Dictionary> loaded =
      Dictionary::parse(options_.archive->load(id), options_.seed);
  // The number is made of the bytes: another one means that they are not those that were saved.
  if (loaded == nullptr || loaded->id() != id || !hold(loaded)) return nullptr;
  return loaded;
} catch (const std::bad_alloc&) {
  return nullptr;
}

bool Dictionaries::add(const std::shared_ptr<const Dictionary>& dictionary) {
  if (options_.archive != nullptr) options_.archive->save(*dictionary);
  if (!hold(dictionary)) return false;
  makeCurrent(dictionary);
  if (options_.archive != nullptr) options_.archive->saveLatest(dictionary->id());
  return true;
}

bool Dictionaries::hold(const std::shared_ptr<const Dictionary>& dictionary) {
  const std::lock_guard<std::mutex> change(changeMutex_);
  if (held(dictionary->id()) != nullptr) return true;
  const bool isFull = count() == kMax;
  // What was saved can be loaded again.
  if (isFull && options_.archive == nullptr) return false;
  if (!options_.setAside(bytes() + dictionary->heldBytes())) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (isFull) all_.erase(all_.begin() + (all_[0] == current_ ? 1 : 0));
  all_.push_back(dictionary);
  return true;
}

void Dictionaries::makeCurrent(const std::shared_ptr<const Dictionary>& dictionary) {
  const std::lock_guard<std::mutex> lock(mutex_);
  current_ = dictionary;
}

void Dictionaries::drop(Kept kept) {
  const std::lock_guard<std::mutex> change(changeMutex_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (kept == Kept::kNone) current_ = nullptr;
    all_.clear();
    if (current_ != nullptr) all_.push_back(current_);
  }
  options_.setAside(bytes());
  // What emptied the store may have emptied the archive.
  if (options_.archive != nullptr) saveMissing();
}

bool Dictionaries::tendArchive() try {
  if (options_.archive == nullptr || !isTimeToTend()) return false;
  if (current() != nullptr) {
    saveMissing();
    return false;
  }
  const std::shared_ptr<const Dictionary> latest = load(options_.archive->latest());
  if (latest == nullptr) return false;
  makeCurrent(latest);
  return true;
} catch (const std::bad_alloc&) {
  // The next second may have memory.
  return false;
}

bool Dictionaries::isTimeToTend() {
  constexpr Clock::duration kInterval = std::chrono::seconds(1);
  const Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep before = tendedAt_.load(std::memory_order_relaxed);
  if (before != 0 && now - before < kInterval.count()) return false;
  return tendedAt_.compare_exchange_strong(before, now, std::memory_order_relaxed);
}

void Dictionaries::saveMissing() {
  DictionaryArchive& archive = *options_.archive;
  std::vector<std::shared_ptr<const Dictionary>> all;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    all = all_;
  }
  for (const auto& each : all) {
    if (!archive.has(each->id())) archive.save(*each);
  }
  const std::shared_ptr<const Dictionary> latest = current();
  if (latest != nullptr && archive.latest() == 0) archive.saveLatest(latest->id());
}

uint64_t Dictionaries::count() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return all_.size();
}

uint64_t Dictionaries::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  uint64_t bytes = 0;
  for (const auto& each : all_) bytes += each->heldBytes();
  return bytes;
}

}  // namespace ebbcache

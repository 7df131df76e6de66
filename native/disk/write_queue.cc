#include "disk/write_queue.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace ebbcache {
namespace {

std::shared_ptr<WaitingChange> withoutValue(const WaitingChange& change) {
  auto bare = std::make_shared<WaitingChange>();
  bare->kind = change.isPut() ? RingChange::Kind::kPutAlone : change.kind;
  bare->key = change.key;
  bare->version = change.version;
  return bare;
}

}  // namespace

WriteQueue::WriteQueue(uint64_t maxBytes)
    : maxBytes_(maxBytes), changes_(0, KeyHash{HashSeed::random()}) {}

uint64_t WriteQueue::push(WaitingChange given) {
  auto change = std::make_shared<WaitingChange>(std::move(given));
  Order place(1, change);
  const std::lock_guard<std::mutex> lock(mutex_);
  auto at = changes_.find(change->key);
  uint64_t valueBytes = valueBytes_;
  if (at != changes_.end()) {
    const WaitingChange& before = *at->second.change;
    if (change->kind == RingChange::Kind::kRemoveVersion) {
      if (isNeedless(*change, before)) return 0;
      // The waiting change hides an older value, which the removal of a version alone would not.
      change->kind = RingChange::Kind::kRemove;
    }
    valueBytes -= before.value.size();
  }
  uint64_t dropped = 0;
  if (valueBytes + change->value.size() > maxBytes_) {
    dropped = change->hasValue() ? 1 : 0;
    change = withoutValue(*change);
    place.front() = change;
  }
  if (at == changes_.end()) {
    at = changes_.emplace(change->key, Queued{change, order_.end(), true}).first;
    keyBytes_ += change->key.size() + kKeyOverhead;
    valueBytes_ += change->value.size();
    count_ = changes_.size();
  }
  change->number = ++lastNumber_;
  if (!at->second.isTaken) order_.erase(at->second.at);
  order_.splice(order_.end(), place);
  at->second.at = std::prev(order_.end());
  at->second.isTaken = false;
  assign(at, std::move(change));
  if (keyBytes_ > maxBytes_) dropped += dropAll();
  return dropped;
}

WriteQueue::Change WriteQueue::find(std::string_view key) const {
  if (size() == 0) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = changes_.find(key);
  return found == changes_.end() ? nullptr : found->second.change;
}

std::vector<WriteQueue::Change> WriteQueue::puts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Change> puts;
  for (const auto& [key, queued] : changes_) {
    if (queued.change->hasValue()) puts.push_back(queued.change);
  }
  return puts;
}

std::vector<WriteQueue::Change> WriteQueue::take(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Change> taken;
  if (isClearing()) return taken;
  auto end = order_.begin();
  for (uint64_t size = 0; end != order_.end() && size < bytes; ++end) {
    size += (*end)->key.size() + (*end)->value.size() + kKeyOverhead;
  }
  taken.assign(order_.begin(), end);
  taken_.splice(taken_.end(), order_, order_.begin(), end);
  for (const Change& each : taken) changes_.find(each->key)->second.isTaken = true;
  return taken;
}

void WriteQueue::settle(const std::vector<bool>& isWritten) {
  const std::lock_guard<std::mutex> lock(mutex_);
  finishTaken([&](size_t i, Changes::iterator at) {
    if (isWritten[i]) return true;
    try {
      dropValue(at);
    } catch (const std::bad_alloc&) {
      // The change keeps its value, and is written later.
    }
    return false;
  });
}

void WriteQueue::putBack() {
  const std::lock_guard<std::mutex> lock(mutex_);
  finishTaken([](size_t, Changes::iterator) { return false; });
}

template <typename IsOver>
void WriteQueue::finishTaken(IsOver&& isOver) {
  Order again;
  for (size_t i = 0; !taken_.empty(); ++i) {
    const Change change = taken_.front();
    const auto at = changes_.find(change->key);
    const bool isCurrent = at != changes_.end() && at->second.change == change;
    if (!isCurrent) {
      taken_.pop_front();
    } else if (isOver(i, at)) {
      keyBytes_ -= change->key.size() + kKeyOverhead;
      valueBytes_ -= change->value.size();
      changes_.erase(at);
      taken_.pop_front();
    } else {
      again.splice(again.end(), taken_, taken_.begin());
      changes_.find(change->key)->second.isTaken = false;
    }
  }
  // Their numbers are lower than those of all changes that were not taken.
  order_.splice(order_.begin(), again);
  count_ = changes_.size();
}

uint64_t WriteQueue::dropValues() {
  const std::lock_guard<std::mutex> lock(mutex_);
  uint64_t dropped = 0;
  for (const Change& change : order_) {
    if (!change->hasValue()) continue;
    dropValue(changes_.find(change->key));
    ++dropped;
  }
  return dropped;
}

void WriteQueue::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  (void)dropAll();
}

void WriteQueue::cleared(uint64_t clears) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (clears_ == clears) clears_ = 0;
}

uint64_t WriteQueue::lastNumber() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return lastNumber_;
}

uint64_t WriteQueue::settledNumber() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (isClearing()) return 0;
  if (!taken_.empty()) return taken_.front()->number - 1;
  return order_.empty() ? lastNumber_ : order_.front()->number - 1;
}

std::string WriteQueue::checkIntegrity() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  uint64_t keyBytes = 0;
  uint64_t valueBytes = 0;
  uint64_t taken = 0;
  for (const auto& [key, queued] : changes_) {
    const WaitingChange& change = *queued.change;
    if (key.data() != change.key.data()) return "A change waits under a key that is not its own.";
    if (*queued.at != queued.change) return "The place of a change holds another change.";
    if (!change.hasValue() && !change.value.empty()) return "A removal has a value.";
    keyBytes += change.key.size() + kKeyOverhead;
    valueBytes += change.value.size();
    taken += queued.isTaken ? 1 : 0;
  }
  uint64_t last = 0;
  for (const Order* const order : {&taken_, &order_}) {
    for (const Change& change : *order) {
      if (change->number <= last) return "The changes are not in the order of their numbers.";
      last = change->number;
    }
  }
  if (last > lastNumber_) return "A change has a number that was not given yet.";
  if (taken + order_.size() != changes_.size()) return "A change has no place, or two.";
  if (taken > taken_.size()) return "A change was taken, and has no place among those.";
  if (keyBytes != keyBytes_ || valueBytes != valueBytes_ || changes_.size() != count_) {
    return "The sums are not those of the changes that wait.";
  }
  return {};
}

bool WriteQueue::isNeedless(const WaitingChange& removal, const WaitingChange& before) {
  return before.kind == RingChange::Kind::kRemove ||
         (before.isPut() ? before.version != removal.version : before.version == removal.version);
}

void WriteQueue::assign(Changes::iterator at, Change change) {
  valueBytes_ -= at->second.change->value.size();
  valueBytes_ += change->value.size();
  // The map's key points into the change that is replaced.
  auto node = changes_.extract(at);
  node.key() = change->key;
  *node.mapped().at = change;
  node.mapped().change = std::move(change);
  changes_.insert(std::move(node));
}

void WriteQueue::dropValue(Changes::iterator at) {
  const WaitingChange& change = *at->second.change;
  auto bare = withoutValue(change);
  bare->number = change.number;
  assign(at, std::move(bare));
}

uint64_t WriteQueue::dropAll() {
  const auto dropped =
      static_cast<uint64_t>(std::count_if(changes_.begin(), changes_.end(), [](const auto& each) {
        return each.second.change->hasValue();
      }));
  changes_.clear();
  order_.clear();
  keyBytes_ = 0;
  valueBytes_ = 0;
  count_ = 0;
  // Changes that were taken are written before the ring is cleared.
  ++clears_;
  return dropped;
}

}  // namespace ebbcache

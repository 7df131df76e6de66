// Checks that all that the store keeps about its entries and its memory agrees.

#include <algorithm>
#include <unordered_map>

#include "store/store.h"

namespace ebbcache {
namespace {

/// The time after a sweep until a slab may be swept again, though one of its entries expires
/// before, ms.
constexpr uint64_t kMaxSweepSpacingMs = 1000;

/// Collects the entries that a walk over all slabs finds, and then checks all other places for
/// them.
class Census {
 public:
  Census(const Arena& arena, uint64_t nowMs) : arena_(arena), nowMs_(nowMs) {}

  /// Checks all but the store's own counters. Returns an empty string or a sentence.
  std::string checkAll() {
    for (std::string (Census::*const check)() :
         {&Census::checkSlabs, &Census::checkLargeEntries, &Census::checkSums, &Census::checkIndex,
          &Census::checkQueues}) {
      std::string fault = (this->*check)();
      if (!fault.empty()) return fault;
    }
    return {};
  }

  uint64_t payloadBytes() const { return payloadBytes_; }
  /// The bytes that are mapped for slabs and large entries.
  uint64_t mappedBytes() const { return sharedBytes_ + largeBytes_; }

 private:
  struct Found {
    bool indexed = false;
    bool queued = false;
  };

  static std::string differs(const std::string& what, uint64_t counted, uint64_t found) {
    if (counted == found) return {};
    return what + " should be " + std::to_string(found) + " by the entries, and is counted as " +
           std::to_string(counted) + ".";
  }

  void note(Address address, const Entry& entry) {
    found_[address] = {};
    payloadBytes_ += entry.payloadBytes();
  }

  bool isSweptTooLate(const Slab& slab, const Entry& entry) const {
    return entry.expires() &&
           slab.nextSweep > std::max(entry.deadline().expiry(), nowMs_ + kMaxSweepSpacingMs);
  }

  std::string checkSlabs() {
    uint64_t ofSmallPages = 0;
    for (uint32_t number = 1; number < arena_.slabs.end(); ++number) {
      const Slab& slab = arena_.slabs[number];
      if (!slab.used()) continue;
      if (slab.smallPages) ++ofSmallPages;
      const std::string fault = checkSlab(number, slab);
      if (!fault.empty()) return "The slab " + std::to_string(number) + " " + fault;
    }
    return differs("The number of slabs of small pages", arena_.slabs.ofSmallPages(), ofSmallPages);
  }

  std::string checkSlab(uint32_t number, const Slab& slab) {
    if (slab.bytes != arena_.layout.slabBytes) return "is not of the layout's size.";
    if (slab.tail > slab.bytes) return "has a tail beyond its end.";
    if (slab.waste > slab.bytes - slab.tail) return "has more waste than lies behind its tail.";
    uint64_t live = 0;
    for (uint64_t offset = 0; offset < slab.tail;) {
      const std::string at = " at the offset " + std::to_string(offset) + ".";
      if (slab.tail - offset < kSmallestEntryBytes) return "has too short an end" + at;
      const Address address = arena_.slabs.addressOf(number, offset);
      const Entry& entry = *arena_.slabs.at(address);
      const uint64_t bytes = entry.bytes();
      if (bytes < kSmallestEntryBytes || bytes > slab.tail - offset) {
        return "has an entry of " + std::to_string(bytes) + " bytes" + at;
      }
      if (entry.live()) {
        if (entry.keyBytes() == 0) return "has a live entry without a key" + at;
        if (isSweptTooLate(slab, entry)) return "is swept too late for an entry" + at;
        live += bytes;
        note(address, entry);
      }
      offset += bytes;
    }
    if (live != slab.live) {
      return "counts " + std::to_string(slab.live) + " live bytes and has " + std::to_string(live) +
             ".";
    }
    sharedBytes_ += slab.bytes;
    liveBytes_ += live;
    wastedBytes_ += slab.waste;
    return {};
  }

  std::string checkLargeEntries() {
    for (uint32_t number = kFirstLarge; number != arena_.slabs.endOfLarge(); ++number) {
      const Slab& slab = arena_.slabs[number];
      if (!slab.used()) continue;
      const Entry& entry = *arena_.slabs.at(number);
      const std::string which = "The large entry " + std::to_string(number - kFirstLarge) + " ";
      if (!entry.live()) return which + "has no live entry.";
      if (entry.bytes() != slab.tail || slab.live != slab.tail) {
        return which + "is not as long as its entry.";
      }
      if (slab.tail > slab.bytes) return which + "is longer than its mapping.";
      if (isSweptTooLate(slab, entry)) return which + "is swept too late.";
      largeBytes_ += slab.bytes;
      note(number, entry);
    }
    return {};
  }

  std::string checkSums() {
    const EntryLog& log = arena_.log;
    std::string fault = differs("The bytes of shared slabs", log.sharedBytes(), sharedBytes_);
    if (fault.empty()) fault = differs("Their live bytes", log.sharedLiveBytes(), liveBytes_);
    if (fault.empty()) fault = differs("Their wasted bytes", log.wastedBytes(), wastedBytes_);
    if (fault.empty()) fault = differs("The bytes of large entries", log.largeBytes(), largeBytes_);
    return fault;
  }

  std::string checkIndex() {
    std::string fault = arena_.index.checkIntegrity([this](Address address) {
      const auto found = found_.find(address);
      if (found == found_.end() || found->second.indexed) return false;
      return found->second.indexed = true;
    });
    for (const auto& [address, found] : found_) {
      if (!fault.empty()) return fault;
      if (!found.indexed) fault = named(address) + "is not in the index.";
    }
    return fault;
  }

  std::string checkQueues() {
    std::string fault;
    arena_.policy->visitQueues([&](const QueueSummary& queue) {
      if (fault.empty()) fault = checkQueue(queue);
    });
    for (const auto& [address, found] : found_) {
      if (!fault.empty()) return fault;
      if (!found.queued) fault = named(address) + "is in no queue.";
    }
    return fault;
  }

  std::string checkQueue(const QueueSummary& queue) {
    uint64_t bytes = 0;
    Address newer = kNowhere;
    for (Address at = queue.newest; at != kNowhere;) {
      const auto found = found_.find(at);
      if (found == found_.end()) {
        return "A queue has the address " + std::to_string(at) + ", where no live entry is.";
      }
      if (found->second.queued) return named(at) + "is queued twice.";
      found->second.queued = true;
      const Entry& entry = *arena_.slabs.at(at);
      if (entry.newer() != newer) return named(at) + "has another neighbour than links to it.";
      const bool small = (entry.state() & Entry::kInSmallQueue) != 0;
      if (queue.small && *queue.small != small) return named(at) + "is marked as of another queue.";
      bytes += entry.bytes();
      newer = at;
      at = entry.older();
    }
    if (queue.oldest != newer) return "A queue does not end with its oldest entry.";
    return queue.bytes ? differs("The bytes of a queue", *queue.bytes, bytes) : std::string();
  }

  static std::string named(Address address) {
    return "The entry at the address " + std::to_string(address) + " ";
  }

  const Arena& arena_;
  const uint64_t nowMs_;
  std::unordered_map<Address, Found> found_;
  uint64_t payloadBytes_ = 0;
  uint64_t sharedBytes_ = 0;
  uint64_t liveBytes_ = 0;
  uint64_t wastedBytes_ = 0;
  uint64_t largeBytes_ = 0;
};

}  // namespace

std::string Store::checkIntegrity() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const AllStripes stripes(core_.stripes);
  // Where the clock was set back, the slabs are still in the state of their last sweep.
  Census census(*core_.arena, std::max(core_.clock.now(), sweeper_.sweptAt()));
  std::string fault = census.checkAll();
  if (!fault.empty()) return fault;
  const auto numbers = [](const char* what, uint64_t is, const char* but, uint64_t other) {
    return what + std::to_string(is) + but + std::to_string(other) + ".";
  };
  if (payloadBytes() != census.payloadBytes()) {
    return numbers("The payload is counted as ", payloadBytes(), " bytes, and is ",
                   census.payloadBytes());
  }
  const uint64_t mapped = census.mappedBytes() + core_.arena->tableBytes() + core_.writingBytes +
                          core_.memory.retiredBytes() + core_.memory.asideBytes();
  if (core_.memory.taken() != mapped) {
    return numbers("Without a spare slab the store holds ", core_.memory.taken(),
                   " bytes, but slabs and tables have ", mapped);
  }
  if (core_.memory.held() > core_.memory.budget()) {
    return numbers("The store holds ", core_.memory.held(), " bytes, and its budget is ",
                   core_.memory.budget());
  }
  if (core_.memory.budget() > maxBytes()) {
    return numbers("The budget is ", core_.memory.budget(), " bytes, and maxBytes is ", maxBytes());
  }
  if (maxEntries() != 0 && core_.arena->index.count() > maxEntries()) {
    return numbers("There are ", core_.arena->index.count(), " entries, and maxEntries is ",
                   maxEntries());
  }
  return {};
}

}  // namespace ebbcache

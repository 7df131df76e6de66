// The locks that readers take: one for each share of the hashes, so that readers of different keys
// do not wait for each other, and a reader waits only for a writer that changes its stripe.
//
// The holder of the stripe of an entry's hash may read the entry and its bucket. Writers come one
// at a time, as each MUST hold the store's mutex, and a writer MUST also hold the stripe while it
// changes an entry or its bucket. Writers have priority over readers, so that no number of readers
// keeps a writer waiting. Whoever takes a stripe as a writer is about to change an entry, so that
// ChangeCounters count it here.
#pragma once

#include <array>
#include <cstdint>

#include "base/noinline.h"
#include "base/spin_lock.h"
#include "store/change_counters.h"

namespace ebbcache {

class StripeLocks {
 public:
  /// Buckets of the index are numbered by the hash's low bits, so all entries of a bucket belong to
  /// one stripe as long as there are this many buckets or more.
  static constexpr uint32_t kStripes = 64;

  /// It fills a cache line, so that readers of different stripes do not share one.
  struct alignas(64) Stripe {
    WriterFirstSpinLock lock;
    uint64_t hits = 0;
    uint64_t misses = 0;
  };

  static uint32_t numberOf(uint64_t hash) { return static_cast<uint32_t>(hash) % kStripes; }
  Stripe& of(uint64_t hash) { return stripes_[numberOf(hash)]; }
  std::array<Stripe, kStripes>& all() { return stripes_; }
  /// Counts what writers change. The store's mutex MUST be held.
  AllChangeCounters& changes() { return changes_; }

 private:
  friend class AllStripes;
  friend class WriterStripe;

  std::array<Stripe, kStripes> stripes_;
  /// Whether a writer holds all stripes; only writers use this.
  bool allHeld_ = false;
  AllChangeCounters changes_;

  /// It is not inlined, so that a store without such readers takes no longer for it.
  EBBCACHE_NOINLINE void noteChange(uint64_t hash) { changes_.note(hash); }
};

/// Holds all stripes while it lives, so that no reader is in the store. The store's mutex MUST be
/// held.
class AllStripes {
 public:
  explicit AllStripes(StripeLocks& locks) : locks_(locks) {
    for (StripeLocks::Stripe& stripe : locks_.stripes_) stripe.lock.lockAsWriter();
    locks_.allHeld_ = true;
    locks_.changes_.beginEpoch();
  }
  ~AllStripes() {
    locks_.allHeld_ = false;
    for (StripeLocks::Stripe& stripe : locks_.stripes_) stripe.lock.unlock();
  }
  AllStripes(const AllStripes&) = delete;
  AllStripes& operator=(const AllStripes&) = delete;

 private:
  StripeLocks& locks_;
};

/// Holds the stripe of a hash while it lives, so that no reader uses its entries. The store's mutex
/// MUST be held.
class WriterStripe {
 public:
  WriterStripe(StripeLocks& locks, uint64_t hash) : WriterStripe(locks, locks.of(hash)) {
    if (EBBCACHE_SELDOM(!locks.changes_.isEmpty())) locks.noteChange(hash);
  }
  WriterStripe(StripeLocks& locks, StripeLocks::Stripe& stripe)
      : lock_(stripe.lock), held_(!locks.allHeld_) {
    if (held_) lock_.lockAsWriter();
  }
  ~WriterStripe() {
    if (held_) lock_.unlock();
  }
  WriterStripe(const WriterStripe&) = delete;
  WriterStripe& operator=(const WriterStripe&) = delete;

 private:
  WriterFirstSpinLock& lock_;
  const bool held_;
};

}  // namespace ebbcache

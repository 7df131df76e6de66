// Entries in slabs without a store, for tests of code that works on entries alone.
#pragma once

#include <algorithm>
#include <cstdint>

#include "slab/budgeted_memory.h"
#include "store/layout.h"
#include "store/slab_table.h"
#include "store_fixture.h"

namespace ebbcache::test {

class EntriesInSlabs {
 public:
  EntriesInSlabs() { slabs.reserve(kBudget); }

  /// The deadline of an entry that was put at the time 0.
  static Deadline deadlineAt(uint64_t expiry) { return Deadline::after(0, expiry); }

  /// Adds an entry of a few bytes behind the last one; it has a time to live where its expiry is
  /// below kNeverExpires.
  Address add(uint64_t expiry = kNeverExpires) {
    const EntryShape shape{8, 8, expiry != kNeverExpires};
    if (number == 0 || slabs[number].tail + shape.bytes() > slabs[number].bytes) {
      number = slabs.add();
    }
    Slab& slab = slabs[number];
    const Address address = slabs.addressOf(number, slab.tail);
    slabs.at(address)->begin(shape);
    if (expiry != kNeverExpires) slabs.at(address)->setDeadline(deadlineAt(expiry));
    slab.tail += shape.bytes();
    slab.live += shape.bytes();
    slab.nextSweep = std::min(slab.nextSweep, expiry);
    return address;
  }

  static constexpr uint64_t kBudget = 8 * kMiB;
  BudgetedMemory memory{osMemory(), kBudget};
  SlabTable slabs{memory, Layout::forBudget(kBudget, osMemory().pageBytes())};
  uint32_t number = 0;
};

}  // namespace ebbcache::test

#include "store/layout.h"

#include <algorithm>
#include <cmath>

#include "store/entry.h"

namespace ebbcache {
namespace {

constexpr uint64_t kLargestSlabBytes = uint64_t{2} << 20;
constexpr uint64_t kSlabsInBudget = 32;
/// The limit bounds the room that a put may have to make in one piece.
constexpr uint64_t kLargestInAnySlab = uint64_t{128} << 10;

/// Entries of s bytes leave s / 2 of a slab's end unused on average, and half a page each in
/// mappings of their own: the two shares are equal where s is the geometric mean of slab and page.
uint64_t sharesUpTo(uint64_t slabBytes, uint64_t pageBytes) {
  const double mean = std::sqrt(static_cast<double>(slabBytes) * static_cast<double>(pageBytes));
  return std::min({static_cast<uint64_t>(mean), slabBytes / 4, kLargestInAnySlab});
}

}  // namespace

Layout Layout::forBudget(uint64_t maxBytes, uint64_t pageBytes) {
  Layout layout;
  layout.slabBytes = pageBytes;
  while (layout.slabBytes < kLargestSlabBytes &&
         layout.slabBytes * 2 * kSlabsInBudget <= maxBytes) {
    layout.slabBytes *= 2;
  }
  layout.indexChunkBytes = std::max(pageBytes, layout.slabBytes / 32);
  layout.largestInSlab = sharesUpTo(layout.slabBytes, pageBytes);
  return layout;
}

unsigned Layout::offsetBits() const {
  unsigned bits = 0;
  while ((kEntryAlignment << bits) < slabBytes) ++bits;
  return bits;
}

uint64_t Layout::slabSlots(uint64_t maxBytes) const {
  // Slot 0 stays empty, and the last addresses belong to large entries.
  const uint64_t reachable = kFirstLarge >> offsetBits();
  return std::min(maxBytes / slabBytes + 2, reachable);
}

uint64_t Layout::largeSlots(uint64_t maxBytes) const {
  return std::min<uint64_t>(maxBytes / largestInSlab + 1, kMaxLargeEntries);
}

}  // namespace ebbcache

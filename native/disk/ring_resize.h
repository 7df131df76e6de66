// Gives a ring another budget, and counts its entries.
#pragma once

#include <cstdint>

#include "disk/ring_file.h"
#include "disk/ring_layout.h"

namespace ebbcache {

/// Gives the ring another budget: a smaller one cuts the file, a larger one lets it grow. Where the
/// index would be far too large or too small, the ring is made anew and is empty. The file's lock
/// MUST be held.
IoError resizeRing(RingFile& file, RingHeader& header, uint64_t maxBytes);

/// Sets the header's number of entries to the number of slots that name a value: a process may have
/// been killed between a change and its count. The file's lock MUST be held.
IoError countEntries(RingFile& file, RingHeader& header);

}  // namespace ebbcache

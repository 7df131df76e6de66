// A ring for another budget, and a look at its whole index.
#pragma once

#include <cstdint>

#include "disk/ring_file.h"
#include "disk/ring_layout.h"

namespace ebbcache {

/// Gives the ring another budget: a smaller one cuts the file, a larger one lets it grow. Where the
/// index would be far too large or too small, the ring is made anew and is empty. With the file's
/// lock held.
IoError resizeRing(RingFile& file, RingHeader& header, uint64_t maxBytes);

/// Counts the slots that name a value, into the header: somebody may have been killed between a
/// change and its count. With the file's lock held.
IoError countEntries(RingFile& file, RingHeader& header);

}  // namespace ebbcache

// The header of a ring, and how a ring is made.
#pragma once

#include <cstdint>

#include "disk/ring_file.h"
#include "disk/ring_layout.h"

namespace ebbcache {

enum class HeaderState : uint8_t {
  kValid,
  /// The file is shorter than a header, as a file that was just made.
  kNone,
  /// The header is damaged, or is being written.
  kInvalid,
  /// Another version of this package wrote it.
  kForeign,
  /// The ring holds keys of another kind.
  kOtherKind,
  /// It could not be read.
  kUnreadable,
};

HeaderState readHeader(const RingFile& file, RingKind kind, RingHeader& header);
/// readHeader() of a ring whose keys may be of either kind.
HeaderState readHeader(const RingFile& file, RingHeader& header);
/// Completes the checksum and writes the header.
IoError writeHeader(RingFile& file, RingHeader& header);

/// The offset of the first chunk.
uint64_t chunksAt(const RingHeader& header);
inline uint64_t ringBytes(const RingHeader& header) {
  return header.maxChunks * kChunkBytes;
}
/// The maximum size of the file.
inline uint64_t fileBytes(const RingHeader& header) {
  return chunksAt(header) + ringBytes(header);
}
uint32_t chunksWithin(uint64_t maxBytes, uint32_t buckets);
uint32_t bucketsFor(uint64_t maxBytes, RingKind kind);

/// Makes the file an empty ring in place: processes that have it open see it empty too. `before` is
/// its current header, if it has a valid one: the new ring keeps its counters and seed.
///
/// Blocks of the index are written, so that a full disk cannot prevent a removal later; the header
/// is written last. The file's lock MUST be held.
IoError makeRing(RingFile& file, RingKind kind, uint64_t maxBytes, const RingHeader* before,
                 RingHeader& header);

}  // namespace ebbcache

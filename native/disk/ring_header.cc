#include "disk/ring_header.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "disk/ring_checksum.h"
#include "hash/siphash.h"

namespace ebbcache {
namespace {

constexpr char kMagic[8] = {'e', 'b', 'b', 'r', 'i', 'n', 'g', '\n'};
/// Each change of the format has another number.
constexpr uint32_t kFormat = 1;

uint32_t formatCheckOf(const RingHeader& header) {
  return static_cast<uint32_t>(
      ringChecksum({reinterpret_cast<const char*>(&header), offsetof(RingHeader, formatCheck)}, 0));
}

uint64_t checksumOf(const RingHeader& header) {
  return ringChecksum({reinterpret_cast<const char*>(&header), offsetof(RingHeader, checksum)}, 0);
}

bool hasSaneGeometry(const RingHeader& header) {
  return header.buckets > 0 && header.maxChunks > 0 && fileBytes(header) <= kMaxRingBytes &&
         header.cursor <= ringBytes(header) && header.cursor % kRingUnit == 0;
}

HeaderState stateOf(const RingHeader& header, RingKind kind) {
  const bool isOurs = std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 &&
                      header.formatCheck == formatCheckOf(header);
  if (!isOurs) return HeaderState::kInvalid;
  if (header.format != kFormat) return HeaderState::kForeign;
  if (header.checksum != checksumOf(header) || !hasSaneGeometry(header)) {
    return HeaderState::kInvalid;
  }
  return header.kind == kind ? HeaderState::kValid : HeaderState::kOtherKind;
}

IoError writeZeros(RingFile& file, uint64_t bytes) {
  const std::string zeros(std::min<uint64_t>(bytes, uint64_t{1} << 20U), '\0');
  for (uint64_t at = 0; at < bytes; at += zeros.size()) {
    const uint64_t some = std::min<uint64_t>(bytes - at, zeros.size());
    const IoResult written = file.write(at, {zeros.data(), some});
    if (written.error != IoError::kNone) return written.error;
  }
  return IoError::kNone;
}

}  // namespace

HeaderState readHeader(const RingFile& file, RingKind kind, RingHeader& header) {
  const IoResult result = file.read(0, {reinterpret_cast<char*>(&header), sizeof header});
  if (result.error != IoError::kNone) return HeaderState::kUnreadable;
  if (result.bytes < sizeof header) return HeaderState::kNone;
  return stateOf(header, kind);
}

HeaderState readHeader(const RingFile& file, RingHeader& header) {
  const HeaderState state = readHeader(file, RingKind::kRecords, header);
  return state == HeaderState::kOtherKind ? readHeader(file, RingKind::kValues, header) : state;
}

IoError writeHeader(RingFile& file, RingHeader& header) {
  header.checksum = checksumOf(header);
  return file.write(0, {reinterpret_cast<const char*>(&header), sizeof header}).error;
}

uint64_t chunksAt(const RingHeader& header) {
  const uint64_t end = kRingHeaderBytes + header.buckets * sizeof(RingBucket);
  // The index ends at a page boundary, so that a chunk's writes touch no page of the index.
  return (end + kRingHeaderBytes - 1) / kRingHeaderBytes * kRingHeaderBytes;
}

uint32_t bucketsFor(uint64_t maxBytes, RingKind kind) {
  return static_cast<uint32_t>(maxBytes / indexShareOf(kind) / sizeof(RingBucket));
}

uint32_t chunksWithin(uint64_t maxBytes, uint32_t buckets) {
  RingHeader header = {};
  header.buckets = buckets;
  const uint64_t at = chunksAt(header);
  return maxBytes <= at ? 0 : static_cast<uint32_t>((maxBytes - at) / kChunkBytes);
}

IoError makeRing(RingFile& file, RingKind kind, uint64_t maxBytes, const RingHeader* before,
                 RingHeader& header) {
  RingHeader made = {};
  std::memcpy(made.magic, kMagic, sizeof kMagic);
  made.format = kFormat;
  made.formatCheck = formatCheckOf(made);
  made.kind = kind;
  made.buckets = bucketsFor(maxBytes, kind);
  made.maxChunks = chunksWithin(maxBytes, made.buckets);
  const HashSeed random = HashSeed::random();
  made.id = random.k0 ^ random.k1;
  const HashSeed seed = HashSeed::random();
  made.seed[0] = seed.k0;
  made.seed[1] = seed.k1;
  if (before != nullptr) {
    std::copy(std::begin(before->seed), std::end(before->seed), std::begin(made.seed));
    std::copy(std::begin(before->counters), std::end(before->counters), std::begin(made.counters));
    made.evictions = before->evictions;
    made.expirations = before->expirations;
  }
  IoError error = file.resize(0);
  if (error == IoError::kNone) error = writeZeros(file, chunksAt(made));
  if (error == IoError::kNone) error = writeHeader(file, made);
  if (error != IoError::kNone) {
    // An incomplete ring must not be used: the next process that opens it makes it anew.
    (void)file.resize(0);
    return error;
  }
  header = made;
  return IoError::kNone;
}

}  // namespace ebbcache

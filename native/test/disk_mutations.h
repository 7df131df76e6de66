// Damage to the bytes of a ring file, as disks, other programs and restored backups cause it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "disk/ring_layout.h"
#include "seeded_random.h"

namespace ebbcache::test {

class DiskMutations {
 public:
  /// `mayReplay` allows older contents of blocks: then an old value may come back, as no checksum
  /// tells a block from an older one.
  DiskMutations(SeededRandom& random, uint64_t chunksAt, bool mayReplay)
      : random_(random), chunksAt_(chunksAt), mayReplay_(mayReplay) {}

  /// Keeps the current bytes of the file for later replays.
  void keep(const std::string& bytes) {
    if (kept_.size() < 4) kept_.emplace_back();
    kept_[random_.below(kept_.size())] = bytes;
  }

  void apply(std::string& bytes) {
    if (bytes.empty()) return;
    switch (random_.below(mayReplay_ ? 12 : 8)) {
      case 0:
      case 1:
      case 2:
        for (uint64_t flips = 1 + random_.skewedBelow(8); flips > 0; --flips) flip(bytes);
        break;
      case 3:
        fill(bytes, '\0');
        break;
      case 4:
        fill(bytes, '\xff');
        break;
      case 5:
        noise(bytes);
        break;
      case 6:
        if (random_.oneIn(20)) bytes.resize(place(bytes));
        break;
      case 7:
        if (random_.oneIn(20)) {
          bytes.resize(std::min<uint64_t>(kMaxBytes, bytes.size() + random_.skewedBelow(100'000)),
                       static_cast<char>(random_.below(256)));
        }
        break;
      case 8:
      case 9:
      case 10:
        replay(bytes);
        break;
      default:
        copyWithin(bytes);
    }
  }

 private:
  static constexpr uint64_t kMaxBytes = uint64_t{2} << 20U;

  /// The header is hit rarely, as each hit makes a new ring.
  uint64_t place(const std::string& bytes) {
    const uint64_t size = bytes.size();
    const uint64_t part = random_.below(200);
    const uint64_t at = part == 0   ? random_.below(sizeof(RingHeader))
                        : part < 90 ? kRingHeaderBytes + random_.below(chunksAt_ - kRingHeaderBytes)
                                    : chunksAt_ + random_.skewedBelow(size);
    return std::min(at, size - 1);
  }
  uint64_t lengthAt(uint64_t at, const std::string& bytes) {
    const uint64_t most = !random_.oneIn(10) ? 24 : at < chunksAt_ ? 600 : 20'000;
    const uint64_t end = at < kRingHeaderBytes ? kRingHeaderBytes : bytes.size();
    return std::min<uint64_t>(1 + random_.skewedBelow(most), end - at);
  }
  bool isOfTag(uint64_t at) const {
    return at >= kRingHeaderBytes && at < chunksAt_ && at % sizeof(RingSlot) < sizeof(uint32_t);
  }

  void flip(std::string& bytes) {
    const uint64_t at = place(bytes);
    // A bit that is flipped twice is a replay of its slot.
    if (!mayReplay_ && isOfTag(at)) return;
    bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << random_.below(8)));
  }
  void fill(std::string& bytes, char with) {
    const uint64_t at = place(bytes);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), lengthAt(at, bytes), with);
  }
  void noise(std::string& bytes) {
    const uint64_t at = place(bytes);
    for (uint64_t i = std::min<uint64_t>(lengthAt(at, bytes), 256); i > 0; --i) {
      bytes[at + i - 1] = static_cast<char>(random_.below(256));
    }
  }
  void replay(std::string& bytes) {
    if (kept_.empty()) return;
    const std::string& from = kept_[random_.below(kept_.size())];
    uint64_t at = place(bytes);
    uint64_t length = lengthAt(at, bytes);
    if (random_.oneIn(2)) {
      at = at / 512 * 512;
      length = (1 + random_.skewedBelow(64)) * 512;
    }
    if (random_.oneIn(500)) at = 0, length = kMaxBytes;
    if (at >= from.size()) return;
    length = std::min({length, from.size() - at, bytes.size() - at});
    bytes.replace(at, length, from, at, length);
  }
  void copyWithin(std::string& bytes) {
    const uint64_t from = place(bytes);
    const uint64_t to = random_.oneIn(2) ? place(bytes) : from / 16 * 16;
    const uint64_t length = std::min(lengthAt(from, bytes), bytes.size() - std::max(from, to));
    bytes.replace(to, length, std::string(bytes, from, length));
  }

  SeededRandom& random_;
  const uint64_t chunksAt_;
  const bool mayReplay_;
  std::vector<std::string> kept_;
};

}  // namespace ebbcache::test

// The header of a ring: which files are rings, and the treatment of files that are not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "disk/ring_checksum.h"
#include "disk_tier_fixture.h"

namespace ebbcache::test {
namespace {

class DiskHeader : public ::testing::Test {
 protected:
  HeaderState state(RingKind kind = RingKind::kValues) {
    RingHeader header;
    return readHeader(*ring.file, kind, header);
  }
  void edit(uint64_t at, char mask) {
    ring.disk.change([&](std::string& bytes) { bytes[at] = static_cast<char>(bytes[at] ^ mask); });
  }

  TestRing ring;
};

TEST_F(DiskHeader, ANewRingsHeaderIsValidAndDescribesTheFile) {
  EXPECT_EQ(state(), HeaderState::kValid);
  EXPECT_EQ(chunksAt(ring.header) % 4096, 0U);
  EXPECT_EQ(ring.disk.bytes().size(), chunksAt(ring.header));
  EXPECT_LE(fileBytes(ring.header), kMinRingBytes);
  EXPECT_GE(ring.header.maxChunks, 3U);
}

TEST_F(DiskHeader, LeavesTheBudgetToTheChunks) {
  for (uint64_t maxBytes = kMinRingBytes; maxBytes <= kMaxRingBytes; maxBytes += maxBytes / 3) {
    RingHeader header = {};
    header.buckets = bucketsFor(maxBytes, RingKind::kValues);
    header.maxChunks = chunksWithin(maxBytes, header.buckets);
    EXPECT_LE(fileBytes(header), maxBytes);
    EXPECT_GT(fileBytes(header) + kChunkBytes, maxBytes);
  }
  EXPECT_EQ(chunksWithin(4096, 64), 0U);
}

TEST_F(DiskHeader, AHeaderWithAnyBitFlippedIsNotValid) {
  for (uint64_t bit = 0; bit < sizeof(RingHeader) * 8; ++bit) {
    edit(bit / 8, static_cast<char>(1U << bit % 8));
    ASSERT_NE(state(), HeaderState::kValid) << bit;
    edit(bit / 8, static_cast<char>(1U << bit % 8));
  }
  EXPECT_EQ(state(), HeaderState::kValid);
}

TEST_F(DiskHeader, AShortHeaderIsNone) {
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{1}, uint64_t{sizeof(RingHeader) - 1}}) {
    EXPECT_EQ(ring.file->resize(bytes), IoError::kNone);
    EXPECT_EQ(state(), HeaderState::kNone) << bytes;
  }
  EXPECT_EQ(ring.file->resize(sizeof(RingHeader)), IoError::kNone);
  EXPECT_EQ(state(), HeaderState::kInvalid);
}

TEST_F(DiskHeader, AHeaderOfTheOtherKindIsToldApart) {
  EXPECT_EQ(state(RingKind::kRecords), HeaderState::kOtherKind);
}

TEST_F(DiskHeader, AHeaderOfAnotherFormatIsForeignAndNotDamaged) {
  RingHeader header = ring.header;
  header.format = 2;
  header.formatCheck = static_cast<uint32_t>(
      ringChecksum({reinterpret_cast<const char*>(&header), offsetof(RingHeader, formatCheck)}, 0));
  std::memset(&header.kind, 0x77, sizeof header - offsetof(RingHeader, kind));
  EXPECT_EQ(ring.file->write(0, {reinterpret_cast<const char*>(&header), sizeof header}).error,
            IoError::kNone);
  EXPECT_EQ(state(), HeaderState::kForeign);
}

TEST_F(DiskHeader, AHeaderWithAnImpossibleGeometryIsInvalid) {
  const auto isValidWith = [&](auto&& change) {
    RingHeader header = ring.header;
    change(header);
    EXPECT_EQ(writeHeader(*ring.file, header), IoError::kNone);
    return state() == HeaderState::kValid;
  };
  EXPECT_TRUE(isValidWith([](RingHeader& header) { header.cursor = kRingUnit; }));
  EXPECT_FALSE(isValidWith([](RingHeader& header) { header.cursor = 1; }));
  EXPECT_FALSE(isValidWith([](RingHeader& header) { header.cursor = ringBytes(header) + 16; }));
  EXPECT_FALSE(isValidWith([](RingHeader& header) { header.buckets = 0; }));
  EXPECT_FALSE(isValidWith([](RingHeader& header) { header.maxChunks = 0; }));
  EXPECT_FALSE(isValidWith([](RingHeader& header) { header.maxChunks = UINT32_MAX; }));
  EXPECT_FALSE(isValidWith([](RingHeader& header) { header.buckets = UINT32_MAX; }));
}

TEST_F(DiskHeader, AHeaderThatCannotBeReadIsUnreadable) {
  ring.disk.onCall([](const IoCall&) { return IoFault{IoError::kOther, 0}; });
  EXPECT_EQ(state(), HeaderState::kUnreadable);
}

TEST_F(DiskHeader, IsMadeAnewWithAnotherIdAndTheSameSeedAndCounters) {
  RingHeader before = ring.header;
  before.counters[3] = 7;
  before.evictions = 9;
  RingHeader after;
  ASSERT_EQ(makeRing(*ring.file, RingKind::kValues, kMinRingBytes, &before, after), IoError::kNone);
  EXPECT_NE(after.id, before.id);
  EXPECT_EQ(after.seed[0], before.seed[0]);
  EXPECT_EQ(after.seed[1], before.seed[1]);
  EXPECT_EQ(after.counters[3], 7U);
  EXPECT_EQ(after.evictions, 9U);
  EXPECT_EQ(after.cursor, 0U);
  ASSERT_EQ(makeRing(*ring.file, RingKind::kValues, kMinRingBytes, nullptr, after), IoError::kNone);
  EXPECT_NE(after.seed[0], before.seed[0]);
}

TEST_F(DiskHeader, ARingThatCouldNotBeMadeHasNoHeader) {
  for (uint64_t n = 1; n <= 2; ++n) {
    ring.disk.onCall([n, writes = uint64_t{0}](const IoCall& call) mutable {
      const bool fails = call.kind == IoCall::Kind::kWrite && ++writes == n;
      return IoFault{fails ? IoError::kNoSpace : IoError::kNone, 100};
    });
    RingHeader header;
    EXPECT_EQ(makeRing(*ring.file, RingKind::kValues, kMinRingBytes, nullptr, header),
              IoError::kNoSpace);
    ring.disk.recover();
    EXPECT_EQ(state(), HeaderState::kNone) << n;
  }
}

TEST_F(DiskHeader, IsWrittenAfterTheIndex) {
  ring.disk.onCall([](const IoCall& call) {
    const bool isHeader = call.kind == IoCall::Kind::kWrite && call.bytes == sizeof(RingHeader);
    return IoFault{isHeader ? IoError::kOther : IoError::kNone, 0};
  });
  uint64_t peak = 0;
  RingHeader header;
  EXPECT_EQ(makeRing(*ring.file, RingKind::kValues, kMinRingBytes, nullptr, header),
            IoError::kOther);
  peak = ring.disk.peakBytes();
  EXPECT_EQ(peak, chunksAt(ring.header));
}

}  // namespace
}  // namespace ebbcache::test

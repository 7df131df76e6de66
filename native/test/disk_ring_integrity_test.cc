// The check of a ring file finds each fault that a file can have.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>

#include "disk/ring_entry.h"
#include "disk/ring_integrity.h"
#include "disk_tier_fixture.h"

namespace ebbcache::test {
namespace {

class RingIntegrity : public ::testing::Test {
 protected:
  RingIntegrity() {
    for (uint64_t i = 0; i < 100; ++i) {
      EXPECT_EQ(ring.put(keyOf(i), std::string(1000, 'v')), IoError::kNone);
    }
  }

  std::string check(const RingTolerance& tolerance = {}) const {
    return checkRing(*ring.file, tolerance);
  }
  static uint64_t offsetOf(uint64_t bucket, size_t slot) {
    return kRingHeaderBytes + bucket * sizeof(RingBucket) + slot * sizeof(RingSlot);
  }
  RingSlot slotAt(uint64_t bucket, size_t index) {
    RingSlot slot;
    std::memcpy(&slot, ring.disk.bytes().data() + offsetOf(bucket, index), sizeof slot);
    return slot;
  }
  void setSlot(uint64_t bucket, size_t index, const RingSlot& slot) {
    ring.disk.change([&](std::string& bytes) {
      std::memcpy(bytes.data() + offsetOf(bucket, index), &slot, sizeof slot);
    });
  }
  /// The first bucket that has an entry: its first slot names it.
  uint64_t usedBucket() {
    uint64_t bucket = 0;
    while (!slotAt(bucket, 0).hasValue()) ++bucket;
    return bucket;
  }
  /// Changes a slot, and returns the fault that the check finds there.
  std::string faultOf(const std::function<void(RingSlot&)>& change) {
    const uint64_t bucket = usedBucket();
    const RingSlot before = slotAt(bucket, 0);
    RingSlot slot = before;
    change(slot);
    setSlot(bucket, 0, slot);
    const std::string fault = check();
    setSlot(bucket, 0, before);
    EXPECT_EQ(check(), "");
    const std::string subject = "Slot 0 of bucket " + std::to_string(bucket) + " ";
    EXPECT_EQ(fault.substr(0, subject.size()), subject);
    return fault.substr(std::min(fault.size(), subject.size()));
  }
  void flip(uint64_t at) {
    ring.disk.change([&](std::string& bytes) { bytes[at] = static_cast<char>(bytes[at] ^ 1); });
  }

  TestRing ring;
};

TEST_F(RingIntegrity, AcceptsWhatTheWriterLeaves) {
  EXPECT_EQ(check(), "");
  ASSERT_EQ(ring.remove(keyOf(7)), IoError::kNone);
  std::vector<RingChange> changes(1);
  changes[0].kind = RingChange::Kind::kPutAlone;
  changes[0].key = "alone";
  changes[0].version = ++ring.lastVersion;
  ASSERT_EQ(ring.apply(changes), IoError::kNone);
  EXPECT_EQ(check(), "");
  for (uint64_t i = 0; i < 3000; ++i) {
    ASSERT_EQ(ring.put(keyOf(i), std::string(1000, 'w')), IoError::kNone);
    (void)ring.get(keyOf(i / 2));
  }
  EXPECT_EQ(check(), "");
  EXPECT_EQ(checkRingOf(*ring.disk.openFolder()), "");
}

TEST_F(RingIntegrity, FindsADamagedHeader) {
  flip(20);
  EXPECT_EQ(check(), "The header is damaged.");
  ring.disk.change([](std::string& bytes) { bytes.resize(100); });
  EXPECT_EQ(check(), "The file is shorter than a header.");
}

TEST_F(RingIntegrity, FindsAFileOfAWrongSize) {
  const uint64_t bytes = fileBytes(ring.header);
  ring.disk.change([&](std::string& content) { content.resize(bytes + 1); });
  EXPECT_EQ(check(), "The file is larger than its budget: it has " + std::to_string(bytes + 1) +
                         " bytes of " + std::to_string(bytes) + ".");
  ring.disk.change([](std::string& content) { content.resize(kRingHeaderBytes + 10); });
  EXPECT_EQ(check(), "The file ends within the index, at byte " +
                         std::to_string(kRingHeaderBytes + 10) + ".");
}

TEST_F(RingIntegrity, FindsSlotsThatCannotBe) {
  EXPECT_EQ(faultOf([](RingSlot& slot) { slot.tag = 0; }),
            "is free, and has an offset or a version.");
  EXPECT_EQ(faultOf([](RingSlot& slot) { slot.versionAndUnits &= 0xffffU; }), "names version 0.");
  EXPECT_EQ(faultOf([](RingSlot& slot) {
              slot.versionAndUnits &= ~uint64_t{0xffff};
              slot.offset = 1;
            }),
            "has no value, and an offset.");
  EXPECT_EQ(faultOf([](RingSlot& slot) { slot.offset = UINT32_MAX; }),
            "names an entry beyond the ring's end.");
  EXPECT_EQ(faultOf([](RingSlot& slot) { slot.offset = kChunkBytes / kRingUnit - 1; }),
            "names an entry of two chunks.");
}

TEST_F(RingIntegrity, FindsTwoSlotsOfOneTag) {
  const uint64_t bucket = usedBucket();
  setSlot(bucket, kBucketSlots - 1, slotAt(bucket, 0));
  EXPECT_EQ(check(), "Slot 31 of bucket " + std::to_string(bucket) +
                         " has the tag of another slot of the bucket.");
}

TEST_F(RingIntegrity, FindsSlotsThatNameNoEntryOfTheirs) {
  EXPECT_EQ(faultOf([](RingSlot& slot) { ++slot.offset; }), "names no sound entry.");
  EXPECT_EQ(faultOf([](RingSlot& slot) { slot.versionAndUnits += uint64_t{1} << 16U; }),
            "names an entry of another version.");
  EXPECT_EQ(faultOf([](RingSlot& slot) { slot.tag ^= 2; }), "names an entry of another slot.");
  EXPECT_EQ(faultOf([](RingSlot& slot) { ++slot.versionAndUnits; }),
            "names an entry of another size.");
}

TEST_F(RingIntegrity, FindsAnEntryThatTheHandDoesNotFind) {
  // The value of another entry contains this entry, and the hand passes over it.
  RingEntryHeader inner = {};
  inner.version = ++ring.lastVersion;
  inner.keyBytes = 5;
  inner.checksum = entryChecksum(ring.header.id, inner, "inner", "");
  const std::string innerBytes = std::string(reinterpret_cast<const char*>(&inner), sizeof inner) +
                                 "inner" +
                                 std::string(ringEntryBytes(5, 0) - sizeof inner - 5, '\0');
  const std::string key(kRingUnit, 'k');
  const uint64_t at = ring.header.cursor;
  ASSERT_EQ(ring.put(key, innerBytes), IoError::kNone);
  ASSERT_EQ(check(), "");
  const RingKey innerKey = RingHash(ring.header).locate("inner");
  RingSlot slot{innerKey.tag, static_cast<uint32_t>((at + sizeof inner + key.size()) / kRingUnit),
                inner.version << 16U | innerBytes.size() / kRingUnit};
  setSlot(innerKey.bucket, kBucketSlots - 1, slot);
  EXPECT_EQ(check(), "Slot 31 of bucket " + std::to_string(innerKey.bucket) +
                         " names an entry that the hand does not find.");
}

TEST_F(RingIntegrity, ToleratesStaleSlotsAndCountsWhereItIsAskedTo) {
  flip(chunksAt(ring.header) + 100);
  EXPECT_NE(check().find("names no sound entry."), std::string::npos);
  EXPECT_EQ(check({true, false}), "");
  const uint64_t bucket = usedBucket();
  setSlot(bucket, 0, {});
  const std::string fault = "The header counts 100 entries, and the index names 99.";
  EXPECT_EQ(check({true, false}), fault);
  EXPECT_EQ(check({true, true}), "");
}

TEST_F(RingIntegrity, SaysWhatItCannotRead) {
  const uint64_t chunk = chunksAt(ring.header);
  ring.disk.onCall([chunk](const IoCall& call) {
    const bool fails = call.kind == IoCall::Kind::kRead && call.at == chunk;
    return IoFault{fails ? IoError::kOther : IoError::kNone};
  });
  EXPECT_EQ(check(), "The disk cannot read chunk 0.");
  ring.disk.onCall([](const IoCall& call) {
    const bool fails = call.kind == IoCall::Kind::kRead && call.at == kRingHeaderBytes;
    return IoFault{fails ? IoError::kOther : IoError::kNone};
  });
  EXPECT_EQ(check(), "The disk cannot read bucket 0.");
  ring.disk.recover();
  ring.disk.unlink();
  EXPECT_EQ(checkRingOf(*ring.disk.openFolder()),
            "There is no ring in " + ring.disk.openFolder()->path() + ".");
}

}  // namespace
}  // namespace ebbcache::test

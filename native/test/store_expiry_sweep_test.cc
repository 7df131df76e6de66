// A sweep that is stopped continues where it was, and finds each expired entry once.
#include <gtest/gtest.h>

#include <vector>

#include "slab_table_fixture.h"
#include "store/expiry_sweep.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kNow = 1000;
constexpr uint64_t kSpacing = 50;

class StoreExpirySweep : public ::testing::Test {
 protected:
  ExpirySweep::Result run(bool stops, uint64_t now = kNow) {
    return sweep_.run(
        now, kSpacing,
        [this](Address address) {
          found_.push_back(address);
          all_.slabs.at(address)->die();
        },
        [stops] { return !stops; });
  }

  EntriesInSlabs all_;
  ExpirySweep sweep_{all_.slabs};
  std::vector<Address> found_;
};

TEST_F(StoreExpirySweep, GoesOnWhereItWasStopped) {
  std::vector<Address> expired;
  constexpr uint64_t kEntries = 30'000;
  for (uint64_t i = 0; i < kEntries; ++i) {
    const Address address = all_.add(i % 3 == 0 ? kNow : kNow + 7);
    if (i % 3 == 0) expired.push_back(address);
  }
  ASSERT_GT(all_.number, 2U) << "more slabs than one";
  uint64_t seen = 0;
  uint64_t calls = 0;
  for (bool done = false; !done; ++calls) {
    const ExpirySweep::Result result = run(true);
    ASSERT_LE(result.seen, 64U);
    seen += result.seen;
    done = result.done;
  }
  EXPECT_GT(calls, kEntries / 64);
  // The entry at which it stopped is counted twice.
  EXPECT_LE(seen, kEntries + calls) << "none is visited again";
  EXPECT_EQ(found_, expired);
  EXPECT_EQ(run(false).seen, 0U) << "none is due";
  EXPECT_EQ(run(false, kNow + kSpacing - 1).seen, 0U);
  EXPECT_EQ(run(false, kNow + kSpacing).seen, kEntries);
  EXPECT_EQ(found_.size(), kEntries);
}

TEST_F(StoreExpirySweep, StartsASlabAnewWhoseBoundariesChange) {
  std::vector<Address> entries;
  for (uint64_t i = 0; i < 1000; ++i) entries.push_back(all_.add(kNow));
  ASSERT_FALSE(run(true).done);
  ASSERT_FALSE(run(true).done);
  const size_t before = found_.size();
  ASSERT_GT(before, 0U);
  // One entry grows over the next two: no boundary that the sweep knew is left.
  Slab& slab = all_.slabs[all_.number];
  slab.tail = 0;
  const EntryShape shape{8, 60, true};
  std::vector<Address> fresh;
  for (int i = 0; i < 300; ++i) {
    fresh.push_back(all_.slabs.addressOf(all_.number, slab.tail));
    all_.slabs.at(fresh.back())->begin(shape);
    all_.slabs.at(fresh.back())->setDeadline(EntriesInSlabs::deadlineAt(kNow));
    slab.tail += shape.bytes();
  }
  sweep_.boundariesChange(all_.number);
  found_.clear();
  EXPECT_TRUE(run(false).done);
  EXPECT_EQ(found_, fresh);
}

TEST_F(StoreExpirySweep, VisitsNoSlabThatIsNotDue) {
  for (uint64_t i = 0; i < 1000; ++i) all_.add();
  const ExpirySweep::Result result = run(false);
  EXPECT_TRUE(result.done);
  EXPECT_EQ(result.seen, 0U);
}

TEST_F(StoreExpirySweep, FindsNothingWhereThereIsNoSlab) {
  const ExpirySweep::Result result = run(true);
  EXPECT_TRUE(result.done);
  EXPECT_EQ(result.seen, 0U);
}

}  // namespace
}  // namespace ebbcache::test

// The C interface when the heap is exhausted: every allocation of a call fails once.
#include "cabi_fixture.h"
#include "heap_faults.h"

namespace ebbcache::test {
namespace {

class CApiAllocation : public CApi {
 protected:
  /// Calls with 0, 1, 2 ... allocations until `call` succeeds; returns how many it took.
  template <typename Call>
  int failEachOnce(const Call& call) {
    for (int allocations = 0;; ++allocations) {
      HeapFaults::failFrom(static_cast<uint64_t>(allocations) + 1);
      const ebbcache_status status = call();
      HeapFaults::disarm();
      if (status == EBBCACHE_OK || allocations == 1000) return allocations;
      EXPECT_EQ(status, EBBCACHE_NO_MEMORY) << "after " << allocations << " allocations";
      after();
    }
  }

  virtual void after() {}
};

class CApiOpenAllocation : public CApiAllocation {
 protected:
  // Nothing is left behind: another store can be opened under the name, and works.
  void after() override {
    EXPECT_STRNE(error, "");
    EXPECT_EQ(store, nullptr);
    ebbcache_options others = optionsOf(kName);
    others.max_entries = 5;
    ebbcache_store* const other = openStore(others);
    EXPECT_EQ(put(other, "a", "one"), EBBCACHE_OK);
    api.close(other);
  }

  // The name is longer than a string holds without the heap.
  static constexpr const char* kName = "a name that is longer than a short string";
  ebbcache_store* store = nullptr;
  char error[256] = "";
};

TEST_F(CApiOpenAllocation, LeavesNothingBehindWhenOpenFails) {
  const ebbcache_options options = optionsOf(kName);
  EXPECT_GT(failEachOnce([&] { return api.open(&options, &store, error, sizeof error); }), 5);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(put(store, "a", "one"), EBBCACHE_OK);
  api.close(store);
}

TEST_F(CApiOpenAllocation, LeavesNothingBehindWhenAnotherStoreIsOpen) {
  ebbcache_store* const first = openStore(optionsOf());
  const ebbcache_options options = optionsOf(kName);
  EXPECT_GT(failEachOnce([&] { return api.open(&options, &store, error, sizeof error); }), 2);
  api.close(store);
  api.close(first);
}

TEST_F(CApiAllocation, ReadsTheMachineLater) {
  ebbcache_memory memory = {};
  failEachOnce([&] {
    memory.size = sizeof memory;
    return api.memory(&memory, nullptr, 0);
  });
  EXPECT_GT(memory.process_rss, 0U);
}

TEST_F(CApiAllocation, NeedsNoHeapForEntries) {
  ebbcache_store* const store = openStore(optionsOf());
  char buffer[8];
  ebbcache_stats stats = {};
  stats.size = sizeof stats;
  EXPECT_EQ(failEachOnce([&] {
              const bool done =
                  put(store, "a", "one") == EBBCACHE_OK &&
                  api.get(store, "a", 1, buffer, sizeof buffer, nullptr) == EBBCACHE_OK &&
                  api.view(
                      store, "a", 1, [](void*, const void*, size_t) {}, buffer) == EBBCACHE_OK &&
                  api.stats(store, &stats) == EBBCACHE_OK &&
                  api.remove(store, "a", 1) == EBBCACHE_OK;
              return done ? EBBCACHE_OK : EBBCACHE_NO_MEMORY;
            }),
            0);
  api.close(store);
}

}  // namespace
}  // namespace ebbcache::test

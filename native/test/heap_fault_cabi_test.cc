// The C interface with one allocation of a session failing: every call ends in a status, and the
// name is free afterwards.
#include <array>
#include <string>

#include "cabi_fixture.h"
#include "heap_faults.h"

namespace ebbcache::test {
namespace {

class HeapFaultCApi : public CApi {
 protected:
  // The name is longer than a string holds without the heap.
  static constexpr const char* kName = "a name that is longer than a short string";

  /// Opens a store twice, makes every call, and closes it. Returns false where a call ended in
  /// anything but success or a refusal of memory.
  bool runSession() const {
    const ebbcache_options options = optionsOf(kName);
    std::array<char, 64> text{};
    bool isSound = true;
    const auto see = [&](ebbcache_status status) {
      isSound = isSound && (status >= 0 || status == EBBCACHE_NO_MEMORY);
    };
    ebbcache_store* store = nullptr;
    ebbcache_store* same = nullptr;
    see(api.open(&options, &store, text.data(), text.size()));
    see(api.open(&options, &same, text.data(), text.size()));
    for (ebbcache_store* const each : {store, same}) {
      if (each == nullptr) continue;
      ebbcache_stats stats = {};
      stats.size = sizeof stats;
      api.retain(each);
      see(put(each, "a", "one"));
      see(api.get(each, "a", 1, text.data(), text.size(), nullptr));
      see(api.peek(each, "a", 1, text.data(), text.size(), nullptr));
      see(api.view(
          each, "a", 1, [](void*, const void*, size_t) {}, nullptr));
      see(has(each, "a"));
      see(api.remove(each, "a", 1));
      see(api.clear(each));
      see(api.stats(each, &stats));
      api.pressure_level(each);
      api.close(each);
    }
    ebbcache_memory memory = {};
    memory.size = sizeof memory;
    see(api.memory(&memory, text.data(), text.size()));
    api.close(store);
    api.close(same);
    return isSound;
  }
};

TEST_F(HeapFaultCApi, LeavesNothingBehind) {
  ebbcache_memory memory = {};
  memory.size = sizeof memory;
  if (api.memory(&memory, nullptr, 0) != EBBCACHE_OK) GTEST_SKIP() << "no memory to be read";
  bool isSound = true;
  const uint64_t faults = failEachOnce([&] { isSound = runSession(); },
                                       [&] {
                                         EXPECT_TRUE(isSound);
                                         ebbcache_options others = optionsOf(kName);
                                         others.max_entries = 5;
                                         ebbcache_store* const other = openStore(others);
                                         ASSERT_NE(other, nullptr);
                                         EXPECT_EQ(put(other, "a", "one"), EBBCACHE_OK);
                                         EXPECT_EQ(get(other, "a"), "one");
                                         api.close(other);
                                       });
  EXPECT_GT(faults, 10U);
}

}  // namespace
}  // namespace ebbcache::test

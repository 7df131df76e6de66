// The C interface: what its functions do with an open store.
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "cabi_c99.h"
#include "cabi_fixture.h"
#include "heap_faults.h"
#include "runtime/runtime.h"

namespace ebbcache::test {
namespace {

TEST_F(CApi, ServesC) {
  EXPECT_STREQ(roundTripInC(&api), nullptr);
}

TEST_F(CApi, PutsGetsAndRemoves) {
  ebbcache_store* const store = openStore(optionsOf());
  EXPECT_EQ(put(store, "a", "one"), EBBCACHE_OK);
  EXPECT_EQ(put(store, "a", "another"), EBBCACHE_OK);
  EXPECT_EQ(put(store, std::string_view("\0\xff", 2), "bytes"), EBBCACHE_OK);
  EXPECT_EQ(api.put(store, "empty", 5, nullptr, 0, 0, 0), EBBCACHE_OK);
  EXPECT_EQ(get(store, "a"), "another");
  EXPECT_EQ(get(store, std::string_view("\0\xff", 2)), "bytes");
  EXPECT_EQ(get(store, "empty"), "");
  EXPECT_EQ(api.get(store, "empty", 5, nullptr, 0, nullptr), EBBCACHE_OK);
  EXPECT_EQ(has(store, "a"), EBBCACHE_OK);
  EXPECT_EQ(api.remove(store, "a", 1), EBBCACHE_OK);
  EXPECT_EQ(api.remove(store, "a", 1), EBBCACHE_MISS);
  EXPECT_EQ(has(store, "a"), EBBCACHE_MISS);
  EXPECT_EQ(api.clear(store), EBBCACHE_OK);
  EXPECT_EQ(has(store, "empty"), EBBCACHE_MISS);
  EXPECT_EQ(statsOf(store).entries, 0U);
  api.close(store);
}

TEST_F(CApi, GivesTheSizeThatTheBufferLacks) {
  ebbcache_store* const store = openStore(optionsOf());
  put(store, "a", std::string(100, 'x'));
  char buffer[101] = {};
  for (auto* read : {api.get, api.peek}) {
    size_t bytes = 0;
    EXPECT_EQ(read(store, "a", 1, nullptr, 0, &bytes), EBBCACHE_BUFFER_TOO_SMALL);
    EXPECT_EQ(bytes, 100U);
    EXPECT_EQ(read(store, "a", 1, buffer, 99, nullptr), EBBCACHE_BUFFER_TOO_SMALL);
    EXPECT_EQ(buffer[0], '\0');
    bytes = 7;
    EXPECT_EQ(read(store, "b", 1, buffer, sizeof buffer, &bytes), EBBCACHE_MISS);
    EXPECT_EQ(bytes, 0U);
  }
  EXPECT_EQ(api.get(store, "a", 1, buffer, 100, nullptr), EBBCACHE_OK);
  EXPECT_EQ(std::string(buffer), std::string(100, 'x'));
  EXPECT_EQ(statsOf(store).hits, 1U);
  EXPECT_EQ(statsOf(store).misses, 1U);
  api.close(store);
}

TEST_F(CApi, ShowsAValueInPlace) {
  ebbcache_store* const store = openStore(optionsOf());
  put(store, "a", "one");
  std::vector<std::string> seen;
  const auto visit = [](void* context, const void* value, size_t bytes) {
    static_cast<std::vector<std::string>*>(context)->emplace_back(static_cast<const char*>(value),
                                                                  bytes);
  };
  EXPECT_EQ(api.view(store, "a", 1, visit, &seen), EBBCACHE_OK);
  EXPECT_EQ(api.view(store, "b", 1, visit, &seen), EBBCACHE_MISS);
  EXPECT_EQ(seen, std::vector<std::string>{"one"});
  EXPECT_EQ(statsOf(store).hits, 1U);
  EXPECT_EQ(statsOf(store).misses, 1U);
  api.close(store);
}

TEST_F(CApi, SurvivesAVisitThatThrows) {
  ebbcache_store* const store = openStore(optionsOf());
  put(store, "a", "one");
  const auto fails = [](void*, const void*, size_t) { throw std::runtime_error("mine"); };
  const auto exhausts = [](void*, const void*, size_t) { throw std::bad_alloc(); };
  EXPECT_EQ(api.view(store, "a", 1, fails, nullptr), EBBCACHE_FAILED);
  EXPECT_EQ(api.view(store, "a", 1, exhausts, nullptr), EBBCACHE_NO_MEMORY);
  EXPECT_EQ(get(store, "a"), "one");
  api.close(store);
}

TEST_F(CApi, AViewKeepsAnEntryFromEviction) {
  ebbcache_options options = optionsOf();
  options.max_entries = 2;
  ebbcache_store* const store = openStore(options);
  put(store, "a", "1");
  put(store, "b", "2");
  api.view(
      store, "a", 1, [](void*, const void*, size_t) {}, nullptr);
  put(store, "c", "3");
  EXPECT_EQ(has(store, "a"), EBBCACHE_OK);
  EXPECT_EQ(has(store, "b"), EBBCACHE_MISS);
  api.close(store);
}

TEST_F(CApi, RefusesNullAndWhatIsOutOfRange) {
  ebbcache_store* const store = openStore(optionsOf());
  const std::string longKey(65536, 'k');
  const std::string longestKey(65535, 'k');
  const auto visit = [](void*, const void*, size_t) {};
  char buffer[8];
  EXPECT_EQ(put(store, longestKey, "v"), EBBCACHE_OK);

  struct {
    ebbcache_store* store;
    const void* key;
    size_t keyBytes;
  } const wrong[] = {
      {nullptr, "a", 1}, {store, nullptr, 1}, {store, "a", 0}, {store, longKey.data(), 65536}};
  for (const auto& each : wrong) {
    const auto& [at, key, keyBytes] = each;
    EXPECT_EQ(api.get(at, key, keyBytes, buffer, sizeof buffer, nullptr), EBBCACHE_INVALID);
    EXPECT_EQ(api.peek(at, key, keyBytes, buffer, sizeof buffer, nullptr), EBBCACHE_INVALID);
    EXPECT_EQ(api.view(at, key, keyBytes, visit, nullptr), EBBCACHE_INVALID);
    EXPECT_EQ(api.has(at, key, keyBytes), EBBCACHE_INVALID);
    EXPECT_EQ(api.put(at, key, keyBytes, "v", 1, 0, 0), EBBCACHE_INVALID);
    EXPECT_EQ(api.remove(at, key, keyBytes), EBBCACHE_INVALID);
  }
  EXPECT_EQ(api.get(store, "a", 1, nullptr, 1, nullptr), EBBCACHE_INVALID);
  EXPECT_EQ(api.view(store, "a", 1, nullptr, nullptr), EBBCACHE_INVALID);
  EXPECT_EQ(api.put(store, "a", 1, nullptr, 1, 0, 0), EBBCACHE_INVALID);
  for (const double cost : {-1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_EQ(api.put(store, "a", 1, "v", 1, 0, cost), EBBCACHE_INVALID);
  }
  EXPECT_EQ(api.clear(nullptr), EBBCACHE_INVALID);
  EXPECT_EQ(api.stats(nullptr, nullptr), EBBCACHE_INVALID);
  EXPECT_EQ(api.stats(store, nullptr), EBBCACHE_INVALID);
  EXPECT_EQ(api.pressure_level(nullptr), EBBCACHE_PRESSURE_UNKNOWN);
  api.retain(nullptr);
  api.close(nullptr);
  EXPECT_EQ(statsOf(store).puts, 1U);
  api.close(store);
}

TEST_F(CApi, RefusesWhatCannotFit) {
  ebbcache_store* const store = openStore(optionsOf());
  put(store, "a", "one");
  EXPECT_EQ(put(store, "a", std::string(2 << 20, 'x')), EBBCACHE_TOO_LARGE);
  EXPECT_EQ(get(store, "a"), "one");
  EXPECT_EQ(statsOf(store).rejections, 1U);
  api.close(store);
}

TEST_F(CApi, TellsTheBoundOfEntriesAndWhatItEvicted) {
  ebbcache_options options = optionsOf();
  options.max_entries = 2;
  ebbcache_store* const store = openStore(options);
  for (const char* key : {"a", "b", "c", "d"}) put(store, key, "value");
  EXPECT_EQ(statsOf(store).max_entries, 2U);
  EXPECT_EQ(statsOf(store).evictions_by_entries, 2U);
  EXPECT_EQ(statsOf(store).evictions, 2U);
  api.close(store);
}

TEST_F(CApi, ForgetsWhatHasExpired) {
  ebbcache_store* const store = openStore(optionsOf());
  EXPECT_EQ(api.put(store, "a", 1, "v", 1, 1, 20.5), EBBCACHE_OK);
  EXPECT_EQ(api.put(store, "b", 1, "v", 1, UINT64_MAX, 0), EBBCACHE_OK);
  while (has(store, "a") == EBBCACHE_OK) std::this_thread::yield();
  EXPECT_EQ(has(store, "b"), EBBCACHE_OK);
  EXPECT_EQ(statsOf(store).expirations, 1U);
  api.close(store);
}

TEST_F(CApi, CountsAsTheStoreDoes) {
  ebbcache_options options = optionsOf("counted");
  options.max_entries = 10;
  ebbcache_store* const store = openStore(options);
  for (int i = 0; i < 15; ++i) put(store, "key" + std::to_string(i), "value");
  get(store, "key14");
  get(store, "key0");

  SharedStoreOptions same;
  same.store.maxBytes = options.max_bytes;
  same.store.maxEntries = 10;
  same.name = "counted";
  same.ebb = false;
  OpenError error;
  const StoreHandle handle = Runtime::current()->open(same, error);
  ASSERT_TRUE(handle) << error.sentence;
  const StoreStats there = handle->stats();
  const ebbcache_stats here = statsOf(store);
  EXPECT_EQ(here.size, sizeof here);
  EXPECT_EQ(here.entries, 10U);
  EXPECT_EQ(here.entries, there.entries);
  EXPECT_EQ(here.payload_bytes, there.payloadBytes);
  EXPECT_EQ(here.held_bytes, there.heldBytes);
  EXPECT_EQ(here.budget_bytes, there.budgetBytes);
  EXPECT_EQ(here.max_bytes, options.max_bytes);
  EXPECT_EQ(here.hits, 1U);
  EXPECT_EQ(here.misses, 1U);
  EXPECT_EQ(here.puts, 15U);
  EXPECT_EQ(here.evictions, 5U);
  EXPECT_EQ(here.pressure_evictions, 0U);
  EXPECT_EQ(here.pressure_events, 0U);
  api.close(store);
}

TEST_F(CApi, CountsPressureAsTheStoreDoes) {
  const ebbcache_options options = optionsOf("pressed");
  ebbcache_store* const store = openStore(options);
  for (int i = 0; i < 100; ++i) put(store, "key" + std::to_string(i), "value");
  SharedStoreOptions same;
  same.store.maxBytes = options.max_bytes;
  same.name = "pressed";
  same.ebb = false;
  OpenError error;
  const StoreHandle handle = Runtime::current()->open(same, error);
  ASSERT_TRUE(handle) << error.sentence;
  handle.applyPressure(PressureLevel::kHigh);
  handle.applyPressure(PressureLevel::kCritical);

  const ebbcache_stats stats = statsOf(store);
  EXPECT_EQ(stats.pressure_evictions, 100U);
  EXPECT_EQ(stats.pressure_events, 2U);
  EXPECT_EQ(stats.pressure_reductions, 2U);
  EXPECT_EQ(stats.pressure_request.events, 2U);
  EXPECT_EQ(stats.pressure_request.evictions, 100U);
  for (const auto& level :
       {stats.pressure_elevated, stats.pressure_high, stats.pressure_critical}) {
    EXPECT_EQ(level.events, 0U);
    EXPECT_EQ(level.evictions, 0U);
  }
  // This caller was built before these fields existed.
  ebbcache_stats older;
  std::memset(&older, 0x55, sizeof older);
  older.size = offsetof(ebbcache_stats, pressure_events);
  EXPECT_EQ(api.stats(store, &older), EBBCACHE_OK);
  EXPECT_EQ(older.size, offsetof(ebbcache_stats, pressure_events));
  EXPECT_EQ(older.pressure_evictions, 100U);
  EXPECT_EQ(older.pressure_events, 0x5555555555555555U);
  api.close(store);
}

TEST_F(CApi, ServesManyThreads) {
  ebbcache_store* const store = openStore(optionsOf("busy"));
  std::atomic<int> wrong{0};
  const auto work = [&](int seed, ebbcache_store* mine) {
    for (int i = 0; i < 3000; ++i) {
      const std::string key = "key" + std::to_string((i * 7 + seed) % 500);
      const std::string text(static_cast<size_t>(i % 100), 'v');
      if (put(mine, key, key + text) != EBBCACHE_OK) ++wrong;
      const std::string found = get(mine, key);
      if (found.compare(0, key.size(), key) != 0 && found != api.status_text(EBBCACHE_MISS)) {
        ++wrong;
      }
      const auto visit = [](void* context, const void*, size_t bytes) {
        if (bytes > 110) ++*static_cast<std::atomic<int>*>(context);
      };
      if (api.view(mine, key.data(), key.size(), visit, &wrong) < 0) ++wrong;
      if (i % 50 == 0) api.remove(mine, key.data(), key.size());
      if (i % 1000 == 999) api.clear(mine);
    }
    api.close(mine);
  };
  std::vector<TestThread> threads;
  for (int t = 0; t < 4; ++t) {
    // Some threads share the handle, some have their own handle of the same store.
    ebbcache_store* mine = store;
    if (t % 2 == 0) {
      api.retain(store);
    } else {
      mine = openStore(optionsOf("busy"));
    }
    threads.emplace_back([&work, t, mine] { work(t, mine); });
  }
  api.close(store);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  // All have closed: the name is free for other options.
  ebbcache_options others = optionsOf("busy");
  others.max_entries = 1;
  api.close(openStore(others));
}

TEST_F(CApi, ReadsTheMachine) {
  ebbcache_memory memory = {};
  memory.size = sizeof memory;
  char error[64] = "left over";
  ASSERT_EQ(api.memory(&memory, error, sizeof error), EBBCACHE_OK) << error;
  EXPECT_STREQ(error, "");
  EXPECT_EQ(memory.size, sizeof memory);
  EXPECT_GT(memory.process_rss, 1U << 20);
  EXPECT_GE(memory.process_virtual, memory.process_rss);
  EXPECT_GT(memory.total, 0U);
  EXPECT_LE(memory.available, memory.total);
  EXPECT_NEAR(
      memory.used_percent,
      100.0 * (1 - static_cast<double>(memory.available) / static_cast<double>(memory.total)),
      0.01);
  EXPECT_GE(memory.level, EBBCACHE_PRESSURE_NORMAL);
  EXPECT_LE(memory.level, EBBCACHE_PRESSURE_CRITICAL);

  EXPECT_EQ(api.memory(nullptr, error, sizeof error), EBBCACHE_INVALID);
  EXPECT_STREQ(error, api.status_text(EBBCACHE_INVALID));
}

TEST_F(CApi, TellsTheGovernorsLevel) {
  ebbcache_store* const store = openStore(optionsOf());
  // The governor's thread samples as soon as it runs.
  while (api.pressure_level(store) == EBBCACHE_PRESSURE_UNKNOWN) std::this_thread::yield();
  EXPECT_LE(api.pressure_level(store), EBBCACHE_PRESSURE_CRITICAL);
  api.close(store);
}

TEST_F(CApi, HasASentenceForEveryStatus) {
  std::set<std::string> sentences;
  for (ebbcache_status status = EBBCACHE_FAILED - 1; status <= EBBCACHE_TOO_LARGE; ++status) {
    const std::string text = api.status_text(status);
    EXPECT_EQ(text.back(), '.') << status;
    sentences.insert(text);
  }
  EXPECT_EQ(sentences.size(), static_cast<size_t>(EBBCACHE_TOO_LARGE - EBBCACHE_FAILED + 2));
}

}  // namespace
}  // namespace ebbcache::test

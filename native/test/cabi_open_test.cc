// The C interface: opening, and structs of callers that are older or newer than the library.
#include <cstring>
#include <string>

#include "cabi/boundary.h"
#include "cabi_c99.h"
#include "cabi_fixture.h"

namespace ebbcache::test {
namespace {

TEST_F(CApi, HasTheSameDefaultsInCAndCpp) {
  const ebbcache_options here = EBBCACHE_OPTIONS_INIT;
  const ebbcache_options there = defaultOptionsInC();
  EXPECT_EQ(there.size, here.size);
  EXPECT_EQ(there.policy, EBBCACHE_LRU);
  EXPECT_EQ(there.ebb, 1);
  EXPECT_EQ(there.name, nullptr);
  EXPECT_EQ(there.max_entries | there.default_ttl_ms | there.min_bytes | there.max_bytes, 0U);
}

TEST_F(CApi, NamesWhatIsWrongWithTheOptions) {
  const auto sentence = [&](void (*change)(ebbcache_options&)) {
    ebbcache_options options = optionsOf();
    change(options);
    std::string why;
    EXPECT_EQ(tryOpen(&options, why), EBBCACHE_INVALID);
    EXPECT_EQ(why.empty() ? '\0' : why.back(), '.') << why;
    return why.substr(0, why.find(' '));
  };
  EXPECT_EQ(sentence([](ebbcache_options& options) { options.max_bytes = 65535; }), "maxBytes");
  EXPECT_EQ(sentence([](ebbcache_options& options) { options.max_bytes = UINT64_MAX; }),
            "maxBytes");
  EXPECT_EQ(sentence([](ebbcache_options& options) { options.min_bytes = options.max_bytes + 1; }),
            "minBytes");
  EXPECT_EQ(sentence([](ebbcache_options& options) { options.policy = 2; }), "policy");
  EXPECT_EQ(sentence([](ebbcache_options& options) { options.policy = -1; }), "policy");
  EXPECT_EQ(sentence([](ebbcache_options& options) { options.reserved = 1; }), "The");
  EXPECT_EQ(sentence([](ebbcache_options& options) { options.size = 0; }), "The");
}

TEST_F(CApi, WantsOptionsAndAPlaceForTheStore) {
  std::string why;
  EXPECT_EQ(tryOpen(nullptr, why), EBBCACHE_INVALID);
  EXPECT_NE(why, "");
  const ebbcache_options options = optionsOf();
  char error[64] = "";
  EXPECT_EQ(api.open(&options, nullptr, error, sizeof error), EBBCACHE_INVALID);
  EXPECT_STRNE(error, "");
  ebbcache_store* store = nullptr;
  EXPECT_EQ(api.open(nullptr, &store, nullptr, 0), EBBCACHE_INVALID);
  EXPECT_EQ(api.open(nullptr, &store, nullptr, 10), EBBCACHE_INVALID);
}

TEST_F(CApi, SharesByNameAndOnlyByName) {
  ebbcache_store* const one = openStore(optionsOf("shared"));
  ebbcache_store* const same = openStore(optionsOf("shared"));
  ebbcache_store* const other = openStore(optionsOf("other"));
  ebbcache_store* const own = openStore(optionsOf());
  ebbcache_store* const alsoOwn = openStore(optionsOf(""));
  put(one, "a", "one");
  EXPECT_EQ(get(same, "a"), "one");
  for (ebbcache_store* each : {other, own, alsoOwn}) EXPECT_EQ(has(each, "a"), EBBCACHE_MISS);

  std::string why;
  ebbcache_options differs = optionsOf("shared");
  differs.policy = EBBCACHE_S3FIFO;
  EXPECT_EQ(tryOpen(&differs, why), EBBCACHE_CONFLICT);
  EXPECT_NE(why.find("'shared' is open in this process with other options."), std::string::npos);
  api.close(one);
  EXPECT_EQ(get(same, "a"), "one");
  EXPECT_EQ(tryOpen(&differs, why), EBBCACHE_CONFLICT);
  api.close(same);
  EXPECT_EQ(tryOpen(&differs, why), EBBCACHE_OK);
  EXPECT_EQ(why, "");
  for (ebbcache_store* each : {other, own, alsoOwn}) api.close(each);
}

TEST_F(CApi, TakesAsManyClosesAsOwners) {
  ebbcache_store* const store = openStore(optionsOf("owned"));
  api.retain(store);
  api.close(store);
  EXPECT_EQ(put(store, "a", "one"), EBBCACHE_OK);
  api.close(store);
  ebbcache_options others = optionsOf("owned");
  others.max_entries = 1;
  api.close(openStore(others));
}

TEST_F(CApi, CutsASentenceBetweenCharacters) {
  ebbcache_store* const store = openStore(optionsOf("\xC3\xA9\xC3\xA9"));
  ebbcache_options differs = optionsOf("\xC3\xA9\xC3\xA9");
  differs.max_entries = 5;
  ebbcache_store* none = nullptr;
  // "The store '" has 11 bytes, and each of the name's two characters 2.
  const std::pair<size_t, const char*> cuts[] = {{1, ""},
                                                 {12, "The store '"},
                                                 {13, "The store '"},
                                                 {14, "The store '\xC3\xA9"},
                                                 {15, "The store '\xC3\xA9"},
                                                 {16, "The store '\xC3\xA9\xC3\xA9"}};
  for (const auto& [capacity, expected] : cuts) {
    char error[32];
    std::memset(error, '#', sizeof error);
    EXPECT_EQ(api.open(&differs, &none, error, capacity), EBBCACHE_CONFLICT);
    EXPECT_STREQ(error, expected);
    EXPECT_EQ(error[capacity], '#');
  }
  api.close(store);
}

TEST_F(CApi, TakesTheOptionsOfAnOlderCaller) {
  // This caller knows nothing behind max_bytes: the rest is not read.
  ebbcache_options options;
  std::memset(&options, 0xFF, sizeof options);
  options.size = offsetof(ebbcache_options, max_entries);
  options.policy = EBBCACHE_LRU;
  options.max_bytes = 1 << 20;
  std::string why;
  EXPECT_EQ(tryOpen(&options, why), EBBCACHE_OK) << why;
  options.size = offsetof(ebbcache_options, max_bytes);
  EXPECT_EQ(tryOpen(&options, why), EBBCACHE_INVALID);
  // The struct ends in the middle of a field.
  options.size = offsetof(ebbcache_options, max_entries) + 2;
  EXPECT_EQ(tryOpen(&options, why), EBBCACHE_INVALID);
}

TEST_F(CApi, TakesTheOptionsOfANewerCallerThatAsksForNothingNew) {
  struct {
    ebbcache_options known;
    uint64_t added[4];
  } options = {optionsOf(), {}};
  options.known.size = sizeof options;
  std::string why;
  EXPECT_EQ(tryOpen(&options.known, why), EBBCACHE_OK) << why;
  options.added[3] = 1;
  EXPECT_EQ(tryOpen(&options.known, why), EBBCACHE_INVALID);
  EXPECT_NE(why.find("does not know"), std::string::npos);
}

TEST_F(CApi, FillsWhatTheCallerKnowsOfTheStats) {
  ebbcache_store* const store = openStore(optionsOf());
  put(store, "a", "one");
  ebbcache_stats older;
  std::memset(&older, 0x55, sizeof older);
  older.size = offsetof(ebbcache_stats, held_bytes);
  EXPECT_EQ(api.stats(store, &older), EBBCACHE_OK);
  EXPECT_EQ(older.size, offsetof(ebbcache_stats, held_bytes));
  EXPECT_EQ(older.entries, 1U);
  EXPECT_EQ(older.payload_bytes, 4U);
  EXPECT_EQ(older.held_bytes, 0x5555555555555555U);

  struct {
    ebbcache_stats known;
    uint64_t added[2];
  } newer = {{}, {7, 7}};
  newer.known.size = sizeof newer;
  EXPECT_EQ(api.stats(store, &newer.known), EBBCACHE_OK);
  EXPECT_EQ(newer.known.size, sizeof newer.known);
  EXPECT_EQ(newer.known.puts, 1U);
  EXPECT_EQ(newer.added[0] | newer.added[1], 0U);

  for (const uint32_t size : {0U, 4U, 7U, 12U}) {
    older.size = size;
    EXPECT_EQ(api.stats(store, &older), EBBCACHE_INVALID) << size;
  }
  api.close(store);
}

TEST_F(CApi, FillsWhatTheCallerKnowsOfTheMemory) {
  ebbcache_memory older = {};
  older.size = offsetof(ebbcache_memory, process_virtual);
  EXPECT_EQ(api.memory(&older, nullptr, 0), EBBCACHE_OK);
  EXPECT_GT(older.process_rss, 0U);
  EXPECT_EQ(older.process_virtual, 0U);
  older.size = 0;
  EXPECT_EQ(api.memory(&older, nullptr, 0), EBBCACHE_INVALID);
}

TEST_F(CApi, FitsWhenNothingIsMissingOrOtherwise) {
  EXPECT_TRUE(ebbcache_api_fits(&api));
  EXPECT_FALSE(ebbcache_api_fits(nullptr));
  ebbcache_api table = api;
  table.version = EBBCACHE_API_VERSION + 1;
  EXPECT_FALSE(ebbcache_api_fits(&table));
  table = api;
  table.size += 8;
  EXPECT_TRUE(ebbcache_api_fits(&table));
  table.size = sizeof table - 8;
  EXPECT_FALSE(ebbcache_api_fits(&table));
}

TEST(CApiBoundary, LetsNoExceptionPass) {
  EXPECT_EQ(guarded([]() -> ebbcache_status { throw std::bad_alloc(); }), EBBCACHE_NO_MEMORY);
  EXPECT_EQ(guarded([]() -> ebbcache_status { throw 1; }), EBBCACHE_FAILED);
  EXPECT_EQ(guarded([]() -> ebbcache_status { return EBBCACHE_MISS; }), EBBCACHE_MISS);
}

}  // namespace
}  // namespace ebbcache::test

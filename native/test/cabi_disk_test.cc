// The C interface: stores with a disk tier.
#include <cstddef>
#include <cstring>
#include <string>

#include "cabi_c99.h"
#include "cabi_fixture.h"
#include "file_tree.h"
#include "runtime/runtime.h"
#include "store_fixture.h"

namespace ebbcache::test {
namespace {

class CApiDisk : public CApi {
 protected:
  ebbcache_options diskOptions(const char* name = nullptr) const {
    ebbcache_options options = optionsOf(name);
    options.disk_dir = dir_.c_str();
    options.disk_max_bytes = uint64_t{4} << 20U;
    return options;
  }

 private:
  const FileTree files_;
  const std::string dir_ = files_.path("disk");
};

TEST_F(CApiDisk, HasTheSameDefaultsInCAndCpp) {
  const ebbcache_options there = defaultOptionsInC();
  EXPECT_EQ(there.disk_dir, nullptr);
  EXPECT_EQ(there.disk_max_bytes, 0U);
  EXPECT_EQ(there.disk_coherent, 1);
  EXPECT_EQ(there.disk_kind, EBBCACHE_DISK_VALUES);
}

TEST_F(CApiDisk, FindsWhatAnEarlierStoreHasPut) {
  ebbcache_store* store = openStore(diskOptions());
  put(store, "a", "one");
  put(store, "b", "two");
  EXPECT_EQ(get(store, "a"), "one");
  api.close(store);
  store = openStore(diskOptions());
  char out[2];
  size_t bytes = 0;
  EXPECT_EQ(api.peek(store, "a", 1, out, sizeof out, &bytes), EBBCACHE_BUFFER_TOO_SMALL);
  EXPECT_EQ(bytes, 3U);
  EXPECT_EQ(has(store, "a"), EBBCACHE_OK);
  EXPECT_EQ(statsOf(store).entries, 0U);
  EXPECT_EQ(get(store, "a"), "one");
  std::string seen;
  const auto visit = [](void* context, const void* value, size_t size) {
    static_cast<std::string*>(context)->assign(static_cast<const char*>(value), size);
  };
  EXPECT_EQ(api.view(store, "b", 1, visit, &seen), EBBCACHE_OK);
  EXPECT_EQ(seen, "two");
  const ebbcache_stats stats = statsOf(store);
  EXPECT_EQ(stats.entries, 2U);
  EXPECT_EQ(stats.hits, 2U);
  EXPECT_EQ(stats.misses, 0U);
  EXPECT_EQ(stats.puts, 0U);
  EXPECT_EQ(api.remove(store, "a", 1), EBBCACHE_OK);
  EXPECT_EQ(has(store, "a"), EBBCACHE_MISS);
  EXPECT_EQ(api.clear(store), EBBCACHE_OK);
  EXPECT_EQ(has(store, "b"), EBBCACHE_MISS);
  api.close(store);
  store = openStore(diskOptions());
  EXPECT_EQ(has(store, "a"), EBBCACHE_MISS);
  EXPECT_EQ(has(store, "b"), EBBCACHE_MISS);
  api.close(store);
}

TEST_F(CApiDisk, SharesANameWithItsDisk) {
  ebbcache_store* const store = openStore(diskOptions("with a disk"));
  std::string why;
  const ebbcache_options without = optionsOf("with a disk");
  EXPECT_EQ(tryOpen(&without, why), EBBCACHE_CONFLICT);
  const auto differs = [&](void (*change)(ebbcache_options&)) {
    ebbcache_options options = diskOptions("with a disk");
    change(options);
    return tryOpen(&options, why);
  };
  EXPECT_EQ(differs([](auto& options) { options.disk_coherent = 0; }), EBBCACHE_CONFLICT);
  EXPECT_EQ(differs([](auto& options) { options.disk_max_bytes *= 2; }), EBBCACHE_CONFLICT);
  EXPECT_EQ(differs([](auto& options) { options.disk_kind = EBBCACHE_DISK_RECORDS; }),
            EBBCACHE_CONFLICT);
  ebbcache_store* const same = openStore(diskOptions("with a disk"));
  put(store, "a", "one");
  EXPECT_EQ(get(same, "a"), "one");
  api.close(same);
  api.close(store);
}

TEST_F(CApiDisk, NamesWhatIsOutOfRange) {
  std::string why;
  ebbcache_options options = diskOptions();
  options.disk_max_bytes = 1;
  EXPECT_EQ(tryOpen(&options, why), EBBCACHE_INVALID);
  EXPECT_NE(why.find("maxBytes"), std::string::npos) << why;
  options = diskOptions();
  options.disk_kind = 2;
  EXPECT_EQ(tryOpen(&options, why), EBBCACHE_INVALID);
  EXPECT_NE(why.find("disk_kind"), std::string::npos) << why;
  // The budget is not read where there is no folder.
  options = diskOptions();
  options.disk_dir = "";
  options.disk_max_bytes = 1;
  EXPECT_EQ(tryOpen(&options, why), EBBCACHE_OK) << why;
}

TEST_F(CApiDisk, IsNotThereForACallerThatIsOlder) {
  ebbcache_options options = diskOptions("older");
  options.size = offsetof(ebbcache_options, disk_dir);
  ebbcache_store* const store = openStore(options);
  put(store, "a", "one");
  // The values of such a store have no stamps.
  EXPECT_EQ(statsOf(store).payload_bytes, 4U);
  const ebbcache_options without = optionsOf("older");
  std::string why;
  EXPECT_EQ(tryOpen(&without, why), EBBCACHE_OK) << why;
  api.close(store);
}

}  // namespace
}  // namespace ebbcache::test

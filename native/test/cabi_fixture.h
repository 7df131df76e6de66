// Helpers of the tests of the C interface.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "cabi/table.h"

namespace ebbcache::test {

class CApi : public ::testing::Test {
 protected:
  const ebbcache_api& api = *nativeApiTable();

  static ebbcache_options optionsOf(const char* name = nullptr) {
    ebbcache_options options = EBBCACHE_OPTIONS_INIT;
    options.max_bytes = uint64_t{1} << 20;
    options.name = name;
    // The state of the machine's memory must not matter to a test.
    options.ebb = 0;
    return options;
  }

  ebbcache_store* openStore(const ebbcache_options& options) const {
    ebbcache_store* store = nullptr;
    EXPECT_EQ(api.open(&options, &store, nullptr, 0), EBBCACHE_OK);
    return store;
  }

  /// Opens a store, and returns the status, with the sentence in `why`.
  ebbcache_status tryOpen(const ebbcache_options* options, std::string& why) const {
    char error[256] = "left over";
    auto* store = reinterpret_cast<ebbcache_store*>(&error);
    const ebbcache_status status = api.open(options, &store, error, sizeof error);
    why = error;
    EXPECT_EQ(store == nullptr, status != EBBCACHE_OK);
    api.close(store);
    return status;
  }

  ebbcache_status put(ebbcache_store* store, std::string_view key, std::string_view value) const {
    return api.put(store, key.data(), key.size(), value.data(), value.size(), 0, 0);
  }

  /// Returns the value, or the status as a sentence.
  std::string get(ebbcache_store* store, std::string_view key) const {
    std::string value(256, '\0');
    size_t bytes = 0;
    const ebbcache_status status =
        api.get(store, key.data(), key.size(), value.data(), value.size(), &bytes);
    return status == EBBCACHE_OK ? value.substr(0, bytes) : api.status_text(status);
  }

  ebbcache_status has(ebbcache_store* store, std::string_view key) const {
    return api.has(store, key.data(), key.size());
  }

  ebbcache_stats statsOf(ebbcache_store* store) const {
    ebbcache_stats stats = {};
    stats.size = sizeof stats;
    EXPECT_EQ(api.stats(store, &stats), EBBCACHE_OK);
    return stats;
  }
};

}  // namespace ebbcache::test

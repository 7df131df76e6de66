// A process that forks without exec: the child is refused everywhere and waits for nothing, and the
// parent goes on as before.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cabi_fixture.h"
#include "heap_faults.h"
#include "posix_child.h"
#include "process/forked_child.h"
#include "runtime/runtime.h"

/// LeakSanitizer asks this at exit(): in a child it would report what threads of the parent own.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off() {
  return ebbcache::inForkedChild() ? 1 : 0;
}

namespace ebbcache::test {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
// The exit codes of a child; from kFirstStatus on: the first of its calls that was not refused.
constexpr int kAllRefused = 0;
constexpr int kNotSeenAsForked = 1;
constexpr int kRuntimeWasGiven = 2;
constexpr int kStoreWasOpened = 3;
constexpr int kLevelWasGiven = 4;
constexpr int kFirstStatus = 10;

const std::string kRefusedAll = "It ended with " + std::to_string(kAllRefused) + ".";

ebbcache_options busyOptions() {
  ebbcache_options options = EBBCACHE_OPTIONS_INIT;
  options.name = "busy";
  // The slabs are of huge pages, which the supply makes.
  options.max_bytes = 64 * kMiB;
  return options;
}

StoreHandle openHandle() {
  SharedStoreOptions options;
  options.store.maxBytes = 64 * kMiB;
  // The state of the machine's memory must not matter.
  options.ebb = false;
  OpenError error;
  StoreHandle handle = Runtime::current()->open(options, error);
  EXPECT_TRUE(handle) << error.sentence;
  return handle;
}

class Fork : public CApi {
 protected:
  ~Fork() override {
    for (ebbcache_store* each : {kept_, busy_}) api.close(each);
  }

  /// Runs in the child, and returns its exit code.
  int useAll(ebbcache_store* store) const {
    if (!inForkedChild()) return kNotSeenAsForked;
    char buffer[16];
    size_t bytes = 0;
    ebbcache_store* other = nullptr;
    ebbcache_options options = busyOptions();
    ebbcache_stats stats = {};
    stats.size = sizeof stats;
    ebbcache_memory memory = {};
    memory.size = sizeof memory;
    const auto ignore = [](void*, const void*, size_t) {};
    api.retain(store);
    const ebbcache_status statuses[] = {
        api.get(store, "key", 3, buffer, sizeof buffer, &bytes),
        api.peek(store, "key", 3, buffer, sizeof buffer, &bytes),
        api.view(store, "key", 3, ignore, nullptr),
        api.has(store, "key", 3),
        api.put(store, "key", 3, "value", 5, 0, 0),
        api.remove(store, "key", 3),
        api.clear(store),
        api.stats(store, &stats),
        api.memory(&memory, buffer, sizeof buffer),
        api.open(&options, &other, buffer, sizeof buffer),
    };
    int code = kFirstStatus;
    for (const ebbcache_status status : statuses) {
      if (status != EBBCACHE_FORKED) return code;
      ++code;
    }
    if (other != nullptr) return kStoreWasOpened;
    if (api.pressure_level(store) != EBBCACHE_PRESSURE_UNKNOWN) return kLevelWasGiven;
    if (Runtime::current() != nullptr) return kRuntimeWasGiven;
    api.close(store);
    api.close(store);
    return kAllRefused;
  }

  // Both stores stay open to the end of the test.
  ebbcache_store* const kept_ = openStore(optionsOf("kept"));
  ebbcache_store* const busy_ = openStore(busyOptions());
};

/// Threads that take all locks of the process again and again, until this is destroyed.
class Bustle {
 public:
  Bustle(const ebbcache_api& api, ebbcache_store* store) : api_(api), store_(store) {
    for (int number = 0; number < 2; ++number) threads_.emplace_back([=] { use(number); });
    for (int number = 2; number < 4; ++number) {
      threads_.emplace_back([=] { openAndClose(number); });
    }
    awaitTurn();
  }
  ~Bustle() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Bustle(const Bustle&) = delete;
  Bustle& operator=(const Bustle&) = delete;

  /// Returns when each of the threads has done more work.
  void awaitTurn() const {
    for (const std::atomic<uint64_t>& each : turns_) {
      for (const uint64_t before = each; each == before;) std::this_thread::yield();
    }
  }
  bool wasRefused() const { return refused_; }

 private:
  void use(int number) {
    const std::string value(16 << 10, 'v');
    std::string buffer(value.size(), '\0');
    for (uint64_t i = 0; !stopping_; ++i) {
      const std::string key = std::to_string(number) + '/' + std::to_string(i % 2048);
      note(api_.put(store_, key.data(), key.size(), value.data(), value.size(), 0, 0));
      note(api_.get(store_, key.data(), key.size(), buffer.data(), buffer.size(), nullptr));
      // The supply makes the slabs anew then.
      if (i % 2048 == 2047) note(api_.clear(store_));
      ++turns_[number];
    }
  }
  /// This takes the locks of the runtime, the governor and the sampler.
  void openAndClose(int number) {
    while (!stopping_) {
      ebbcache_options options = EBBCACHE_OPTIONS_INIT;
      options.max_bytes = kMiB;
      ebbcache_store* own = nullptr;
      note(api_.open(&options, &own, nullptr, 0));
      api_.close(own);
      ebbcache_memory memory = {};
      memory.size = sizeof memory;
      note(api_.memory(&memory, nullptr, 0));
      ++turns_[number];
    }
  }
  void note(ebbcache_status status) {
    if (status == EBBCACHE_FORKED) refused_ = true;
  }

  const ebbcache_api& api_;
  ebbcache_store* const store_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> refused_{false};
  std::atomic<uint64_t> turns_[4] = {};
  std::vector<TestThread> threads_;
};

TEST_F(Fork, IsSeenInTheChildAndInItsOwnChild) {
  EXPECT_FALSE(inForkedChild());
  const pid_t child = forkInto([] {
    if (!inForkedChild()) ::_exit(1);
    const pid_t grandchild = forkInto([] { ::_exit(inForkedChild() ? 0 : 1); });
    ::_exit(endOf(grandchild) == kRefusedAll ? 0 : 2);
  });
  EXPECT_EQ(endOf(child), kRefusedAll);
  EXPECT_FALSE(inForkedChild());
}

TEST_F(Fork, RefusesAllInTheChildAndLeavesTheParentAsItIs) {
  constexpr int kForks = 50;
  constexpr int kKeys = 1000;
  const auto keyOf = [](int i) { return "key" + std::to_string(i); };
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(put(kept_, keyOf(i), keyOf(-i)), EBBCACHE_OK);
  ASSERT_TRUE(Runtime::current()->governor().status().running);
  {
    Bustle bustle(api, busy_);
    for (int i = 0; i < kForks; ++i) {
      const pid_t child = forkInto([&] { ::_exit(useAll(i % 2 == 0 ? kept_ : busy_)); });
      ASSERT_EQ(endOf(child), kRefusedAll);
      bustle.awaitTurn();
    }
    EXPECT_FALSE(bustle.wasRefused());
  }
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(get(kept_, keyOf(i)), keyOf(-i));
  EXPECT_EQ(statsOf(kept_).entries, uint64_t{kKeys});
  EXPECT_EQ(statsOf(kept_).puts, uint64_t{kKeys});
  EXPECT_EQ(put(busy_, "after", "all"), EBBCACHE_OK);
  EXPECT_EQ(get(busy_, "after"), "all");
}

TEST_F(Fork, WaitsForNoLockThatAThreadOfTheParentHolds) {
  ASSERT_EQ(put(kept_, "key", "value"), EBBCACHE_OK);
  struct {
    std::promise<void> inside;
    std::promise<void> leave;
  } visit;
  TestThread visitor([&] {
    // The visit holds the entry's lock.
    const auto stay = [](void* context, const void*, size_t) {
      auto& gate = *static_cast<decltype(visit)*>(context);
      gate.inside.set_value();
      gate.leave.get_future().wait();
    };
    EXPECT_EQ(api.view(kept_, "key", 3, stay, &visit), EBBCACHE_OK);
  });
  visit.inside.get_future().wait();
  EXPECT_EQ(endOf(forkInto([&] { ::_exit(useAll(kept_)); })), kRefusedAll);
  visit.leave.set_value();
  visitor.join();
  EXPECT_EQ(get(kept_, "key"), "value");
}

TEST_F(Fork, SaysWhyAStoreIsNotOpened) {
  const std::shared_ptr<Runtime> runtime = Runtime::current();
  const pid_t child = forkInto([&] {
    const ebbcache_options given = optionsOf();
    std::string why;
    if (tryOpen(&given, why) != EBBCACHE_FORKED || why != kForkedSentence) ::_exit(1);
    if (api.status_text(EBBCACHE_FORKED) != why) ::_exit(2);
    SharedStoreOptions options;
    options.store.maxBytes = kMiB;
    OpenError error;
    if (runtime->open(options, error) || error.kind != OpenError::Kind::kForked) ::_exit(3);
    ::_exit(error.sentence == why ? 0 : 4);
  });
  EXPECT_EQ(endOf(child), kRefusedAll);
}

TEST_F(Fork, LetsTheChildCloseAndExit) {
  constexpr int kForks = 10;
  // exit() destroys it in the child.
  static StoreHandle held;
  held = openHandle();
  StoreHandle other = openHandle();
  {
    const Bustle bustle(api, busy_);
    for (int i = 0; i < kForks; ++i) {
      const pid_t child = forkInto([&] {
        other.close();
        if (other) ::_exit(1);
        std::exit(kAllRefused);
      });
      ASSERT_EQ(endOf(child), kRefusedAll);
      bustle.awaitTurn();
    }
  }
  for (StoreHandle* const each : {&held, &other}) {
    EXPECT_EQ((*each)->put("key", "value"), PutResult::kStored);
    EXPECT_TRUE((*each)->has("key"));
    each->close();
  }
}

TEST(ForkOfOneStore, JoinsNoThreadWhenTheChildClosesIt) {
  StoreHandle handle = openHandle();
  const std::weak_ptr<Runtime> runtime = handle.runtime().weak_from_this();
  // The value needs more than a slab: from then on there is a thread that makes slabs.
  const std::string value(16 << 10, 'v');
  for (int i = 0; i < 256; ++i) {
    ASSERT_EQ(handle->put(std::to_string(i), value), PutResult::kStored);
  }
  const pid_t child = forkInto([&] {
    handle.close();
    ::_exit(runtime.expired() ? 1 : kAllRefused);
  });
  EXPECT_EQ(endOf(child), kRefusedAll);
  EXPECT_TRUE(handle->has("0"));
  handle.close();
  EXPECT_TRUE(runtime.expired());
}

}  // namespace
}  // namespace ebbcache::test

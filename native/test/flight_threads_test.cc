// Flights of many threads: each is a member that works, waits, leaves and ends at random.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "flights/flight_registry.h"
#include "heap_faults.h"
#include "seeded_random.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kKeys = 3;
constexpr int kThreads = 6;
constexpr int kRounds = 300;

/// A thread that can be woken like an event loop.
class Environment {
 public:
  explicit Environment(FlightRegistry& registry) : registry_(registry) {}
  ~Environment() { end(); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  FlightWaiter join(const std::string& key, const std::string& version = "1") {
    return registry_.join(member_, "scope", key, version);
  }
  FlightNotification awaitEvent() {
    std::unique_lock<std::mutex> lock(mutex_);
    woken_.wait(lock, [this] { return wakes_ > 0; });
    --wakes_;
    lock.unlock();
    return *member_->takeNotification();
  }
  void end() {
    registry_.leaveAll(*member_);
    member_->close();
  }

 private:
  FlightRegistry& registry_;
  std::mutex mutex_;
  std::condition_variable woken_;
  int wakes_ = 0;
  std::shared_ptr<FlightMember> member_ = std::make_shared<FlightMember>([this] {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++wakes_;
    woken_.notify_all();
  });
};

TEST(FlightThreadsTest, ClosesOnlyOnceNoWakeIsUnderWay) {
  FlightRegistry registry;
  std::promise<void> inWake;
  std::promise<void> mayGoOn;
  std::atomic<bool> wakeIsOver{false};
  const auto follower = std::make_shared<FlightMember>([&] {
    inWake.set_value();
    mayGoOn.get_future().wait();
    wakeIsOver = true;
  });
  const auto leader = std::make_shared<FlightMember>([] {});
  const FlightWaiter waiter = registry.join(leader, "scope", "key", "1");
  registry.join(follower, "scope", "key", "1");
  TestThread completes([&] { registry.complete(waiter.id, "result"); });
  inWake.get_future().wait();
  TestThread closes([&] {
    registry.leaveAll(*follower);
    follower->close();
    EXPECT_TRUE(wakeIsOver);
  });
  // The registry is not locked meanwhile.
  EXPECT_TRUE(registry.join(leader, "scope", "key", "1").leads);
  mayGoOn.set_value();
  completes.join();
  closes.join();
}

TEST(FlightThreadsTest, WakesNobodyThatIsClosed) {
  FlightRegistry registry;
  int wakes = 0;
  const auto follower = std::make_shared<FlightMember>([&] { ++wakes; });
  const auto leader = std::make_shared<FlightMember>([] {});
  const FlightWaiter waiter = registry.join(leader, "scope", "key", "1");
  registry.join(follower, "scope", "key", "1");
  follower->close();
  registry.complete(waiter.id, "result");
  EXPECT_EQ(wakes, 0);
}

/// A thread that joins either gets the one result of its flight, or leads it alone.
TEST(FlightThreadsTest, HaveOneLeaderEachAndLeaveNobodyWaiting) {
  FlightRegistry registry;
  // The number of threads that work on a key.
  std::array<std::atomic<int>, kKeys> atWork{};
  std::atomic<uint64_t> completed{0};
  std::atomic<uint64_t> followed{0};
  std::vector<TestThread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      SeededRandom random(static_cast<uint64_t>(thread));
      auto environment = std::make_unique<Environment>(registry);
      const auto endsAnew = [&] { environment = std::make_unique<Environment>(registry); };
      for (int round = 0; round < kRounds; ++round) {
        const uint64_t id = random.below(kKeys);
        const FlightWaiter waiter = environment->join(std::to_string(id));
        bool leads = waiter.leads;
        if (!leads) {
          if (random.oneIn(8)) {
            registry.leave(waiter.id);
            // The notification may have come before the waiter left.
            endsAnew();
            continue;
          }
          if (random.oneIn(8)) {
            endsAnew();
            continue;
          }
          FlightNotification notification = environment->awaitEvent();
          EXPECT_EQ(notification.id, waiter.id);
          leads = notification.event == FlightEvent::kLeads;
          if (!leads) {
            EXPECT_EQ(notification.event, FlightEvent::kCompleted);
            EXPECT_EQ(*notification.result, std::to_string(id));
            ++followed;
            continue;
          }
        }
        EXPECT_EQ(++atWork[id], 1);
        std::this_thread::yield();
        --atWork[id];
        const bool isOver = random.oneIn(4) && registry.leave(waiter.id);
        if (!isOver && !random.oneIn(4)) {
          registry.complete(waiter.id, std::to_string(id));
          ++completed;
        }
        // The count includes the waiter that neither completed nor left, and the notification that
        // all others left.
        endsAnew();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(completed, 0U);
  EXPECT_GT(followed, 0U);
  Environment last(registry);
  for (uint64_t id = 0; id < kKeys; ++id) EXPECT_TRUE(last.join(std::to_string(id)).leads);
}

/// Keys are forgotten and versions replaced at any moment.
TEST(FlightThreadsTest, MayBeForgottenAndReplacedByAnyThread) {
  FlightRegistry registry;
  std::atomic<bool> done{false};
  TestThread forgets([&] {
    while (!done) {
      registry.forget("scope", "0");
      registry.forgetAll("scope");
      std::this_thread::yield();
    }
  });
  std::vector<TestThread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      SeededRandom random(static_cast<uint64_t>(100 + thread));
      for (int round = 0; round < kRounds; ++round) {
        Environment environment(registry);
        const std::string key = std::to_string(random.below(kKeys));
        const std::string version = std::to_string(random.below(2));
        const FlightWaiter waiter = environment.join(key, version);
        if (!waiter.leads) {
          const FlightNotification notification = environment.awaitEvent();
          if (notification.event == FlightEvent::kCompleted) {
            EXPECT_EQ(*notification.result, key + version);
            continue;
          }
        }
        registry.isCurrent(waiter.id);
        if (!random.oneIn(4)) registry.complete(waiter.id, key + version);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  forgets.join();
}

}  // namespace
}  // namespace ebbcache::test

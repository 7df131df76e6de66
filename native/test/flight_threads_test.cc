// Flights of many threads: each a member of its own that works, waits, leaves and ends at random.
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

/// A thread that can be woken, as an event loop is.
class Environment {
 public:
  explicit Environment(FlightRegistry& registry) : registry_(registry) {}
  ~Environment() { end(); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  FlightSeat join(const std::string& key, const std::string& version = "1") {
    return registry_.join(member_, "scope", key, version);
  }
  FlightNews awaitNews() {
    std::unique_lock<std::mutex> lock(mutex_);
    woken_.wait(lock, [this] { return wakes_ > 0; });
    --wakes_;
    lock.unlock();
    return *member_->takeNews();
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
  const FlightSeat seat = registry.join(leader, "scope", "key", "1");
  registry.join(follower, "scope", "key", "1");
  TestThread lands([&] { registry.land(seat.ticket, "result"); });
  inWake.get_future().wait();
  TestThread closes([&] {
    registry.leaveAll(*follower);
    follower->close();
    EXPECT_TRUE(wakeIsOver);
  });
  // The registry is not locked meanwhile.
  EXPECT_TRUE(registry.join(leader, "scope", "key", "1").leads);
  mayGoOn.set_value();
  lands.join();
  closes.join();
}

TEST(FlightThreadsTest, WakesNobodyThatIsClosed) {
  FlightRegistry registry;
  int wakes = 0;
  const auto follower = std::make_shared<FlightMember>([&] { ++wakes; });
  const auto leader = std::make_shared<FlightMember>([] {});
  const FlightSeat seat = registry.join(leader, "scope", "key", "1");
  registry.join(follower, "scope", "key", "1");
  follower->close();
  registry.land(seat.ticket, "result");
  EXPECT_EQ(wakes, 0);
}

/// Whoever joins gets the one result of its flight, or leads it, alone.
TEST(FlightThreadsTest, HaveOneLeaderEachAndLeaveNobodyWaiting) {
  FlightRegistry registry;
  // How many work on a key.
  std::array<std::atomic<int>, kKeys> atWork{};
  std::atomic<uint64_t> landed{0};
  std::atomic<uint64_t> followed{0};
  std::vector<TestThread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      SeededRandom random(static_cast<uint64_t>(thread));
      auto environment = std::make_unique<Environment>(registry);
      const auto endsAnew = [&] { environment = std::make_unique<Environment>(registry); };
      for (int round = 0; round < kRounds; ++round) {
        const uint64_t id = random.below(kKeys);
        const FlightSeat seat = environment->join(std::to_string(id));
        bool leads = seat.leads;
        if (!leads) {
          if (random.oneIn(8)) {
            registry.leave(seat.ticket);
            // It may have been told before it left.
            endsAnew();
            continue;
          }
          if (random.oneIn(8)) {
            endsAnew();
            continue;
          }
          FlightNews news = environment->awaitNews();
          EXPECT_EQ(news.ticket, seat.ticket);
          leads = news.event == FlightEvent::kLeads;
          if (!leads) {
            EXPECT_EQ(news.event, FlightEvent::kLanded);
            EXPECT_EQ(*news.result, std::to_string(id));
            ++followed;
            continue;
          }
        }
        EXPECT_EQ(++atWork[id], 1);
        std::this_thread::yield();
        --atWork[id];
        const bool isOver = random.oneIn(4) && registry.leave(seat.ticket);
        if (!isOver && !random.oneIn(4)) {
          registry.land(seat.ticket, std::to_string(id));
          ++landed;
        }
        // With it, the seat that neither landed nor was left; and the news that all others left.
        endsAnew();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(landed, 0U);
  EXPECT_GT(followed, 0U);
  Environment last(registry);
  for (uint64_t id = 0; id < kKeys; ++id) EXPECT_TRUE(last.join(std::to_string(id)).leads);
}

/// With keys forgotten and versions replaced at any moment.
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
        const FlightSeat seat = environment.join(key, version);
        if (!seat.leads) {
          const FlightNews news = environment.awaitNews();
          if (news.event == FlightEvent::kLanded) {
            EXPECT_EQ(*news.result, key + version);
            continue;
          }
        }
        registry.isCurrent(seat.ticket);
        if (!random.oneIn(4)) registry.land(seat.ticket, key + version);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  forgets.join();
}

}  // namespace
}  // namespace ebbcache::test

// The duration of a get of a small value: from one thread, from two, and beside a thread that keeps
// overwriting a value of 1 MiB of the same store. Prints a line of JSON.
//   ebbcache_get_latency alone|two|writer lru|s3fifo VALUE_BYTES MILLISECONDS
//
// The median is that of batches, so that it does not include reading the clock; the 99.9th
// percentile is that of single gets.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/churn.h"
#include "bench/latency_histogram.h"

namespace ebbcache::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kEntries = 50'000;
constexpr uint64_t kHotBytes = kMiB;

uint64_t nsSince(Clock::time_point from) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - from).count());
}

struct Times {
  /// The ns of a get, for each batch.
  std::vector<double> batches;
  LatencyHistogram single;
};

class Gets {
 public:
  Gets(Policy policy, uint64_t valueBytes) : valueBytes_(valueBytes) {
    store_ = openStore(1024 * kMiB, policy);
    const std::string value(valueBytes, 'v');
    for (uint64_t i = 0; i < kEntries; ++i) {
      // The stride shares no factor with the number of entries: it visits all, out of order.
      keys_.push_back(keyOf(i * 7919 % kEntries));
      store_->put(keyOf(i), value);
    }
    store_->put("hot", std::string(kHotBytes, 'h'));
    // Waits until all entries lie in huge pages. The argument is a number, because its type differs
    // between versions.
    while (static_cast<int>(store_->maintain()) != 0) std::this_thread::yield();
  }

  void read(uint64_t start, Clock::time_point end, Times& times) {
    constexpr uint64_t kBatch = 64;
    std::string out(valueBytes_, '\0');
    uint64_t at = start;
    const auto get = [&] {
      uint64_t bytes = 0;
      if (store_->get(keys_[at], out.data(), out.size(), bytes) != ReadResult::kHit) ++missed_;
      at = at + 1 == kEntries ? 0 : at + 1;
    };
    while (Clock::now() < end) {
      const auto batchAt = Clock::now();
      for (uint64_t i = 0; i < kBatch; ++i) get();
      times.batches.push_back(static_cast<double>(nsSince(batchAt)) / kBatch);
      for (uint64_t i = 0; i < kBatch; ++i) {
        const auto getAt = Clock::now();
        get();
        times.single.record(nsSince(getAt));
      }
    }
  }

  void overwrite(Clock::time_point end) {
    const std::string value(kHotBytes, 'w');
    while (Clock::now() < end) store_->put("hot", value);
  }

  uint64_t missed() const { return missed_; }

 private:
  const uint64_t valueBytes_;
  std::vector<std::string> keys_;
  std::unique_ptr<Store> store_;
  std::atomic<uint64_t> missed_{0};
};

int run(const std::string& kind, Policy policy, uint64_t valueBytes, uint64_t ms) {
  Gets gets(policy, valueBytes);
  Times warmUp;
  gets.read(0, Clock::now() + std::chrono::milliseconds(ms / 4), warmUp);
  const auto end = Clock::now() + std::chrono::milliseconds(ms);
  Times times;
  Times beside;
  std::thread other;
  if (kind == "two") other = std::thread([&] { gets.read(kEntries / 2, end, beside); });
  if (kind == "writer") other = std::thread([&] { gets.overwrite(end); });
  gets.read(0, end, times);
  if (other.joinable()) other.join();
  if (gets.missed() > 0) {
    std::fprintf(stderr, "Entries are missing.\n");
    return 1;
  }
  auto& all = times.batches;
  std::nth_element(all.begin(), all.begin() + static_cast<int64_t>(all.size() / 2), all.end());
  std::printf("{\"median\": %.1f, \"p999\": %.0f, \"longest\": %.0f}\n", all[all.size() / 2],
              static_cast<double>(times.single.quantile(0.999)),
              static_cast<double>(times.single.max()));
  return 0;
}

}  // namespace
}  // namespace ebbcache::bench

int main(int count, char** arguments) {
  if (count != 5) {
    std::fprintf(stderr,
                 "Call it with alone, two or writer; lru or s3fifo; bytes; milliseconds.\n");
    return 2;
  }
  const auto policy =
      std::strcmp(arguments[2], "lru") == 0 ? ebbcache::Policy::kLru : ebbcache::Policy::kS3Fifo;
  return ebbcache::bench::run(arguments[1], policy, std::strtoull(arguments[3], nullptr, 10),
                              std::strtoull(arguments[4], nullptr, 10));
}

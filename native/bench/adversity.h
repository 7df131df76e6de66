// The cases of the adversity benchmark: a store that is full, denied growth, refused memory or
// resized.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

#include "bench/churn.h"
#include "bench/latency_histogram.h"
#include "slab/memory_source.h"

namespace ebbcache::bench {

constexpr uint64_t kValueOf600 = 600;

/// Each prints its results as it goes.
void measureResizesHeldBack();
void measurePutsInAdversity();
void measureLargePutsRefused();
void measureSecondChances();
void measureExpiry();
void measureResizeOfGigabytes();
/// This case needs 17 GiB of memory.
void measurePutsWithoutSlots();

/// Prints a line of JSON for each number.
inline void print(const std::string& name, double number) {
  std::printf("{\"name\": \"%s\", \"number\": %.6g}\n", name.c_str(), number);
  std::fflush(stdout);
}

/// The system's memory, up to a limit.
class BoundedMemory final : public MemorySource {
 public:
  void* map(size_t bytes) override {
    return take(bytes, [bytes] { return osMemory().map(bytes); });
  }
  void* mapSmall(size_t bytes) override {
    return take(bytes, [bytes] { return osMemory().mapSmall(bytes); });
  }
  void unmap(void* memory, size_t bytes) override {
    out_ -= bytes;
    osMemory().unmap(memory, bytes);
  }
  size_t pageBytes() const override { return osMemory().pageBytes(); }
  size_t hugePageBytes() const override { return osMemory().hugePageBytes(); }

  std::atomic<uint64_t> most{UINT64_MAX};

 private:
  template <typename Map>
  void* take(size_t bytes, const Map& map) {
    if ((out_ += bytes) <= most) {
      void* const memory = map();
      if (memory != nullptr) return memory;
    }
    out_ -= bytes;
    return nullptr;
  }

  std::atomic<uint64_t> out_{0};
};

/// Measures wall-clock time, and the time of the thread, which stands still while others run.
class CallTimer {
 public:
  template <typename Call>
  void time(const Call& call) {
    const uint64_t ranAt = threadNs();
    const auto startedAt = Clock::now();
    call();
    wall_.record(static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - startedAt).count()));
    const uint64_t ran = threadNs() - ranAt;
    longestRunNs_ = std::max(longestRunNs_, ran);
    sumRunNs_ += ran;
    ++calls_;
  }

  void printQuantiles(const std::string& name) const {
    print(name + ", p50 us", us(wall_.quantile(0.5)));
    print(name + ", p99 us", us(wall_.quantile(0.99)));
    print(name + ", p99.9 us", us(wall_.quantile(0.999)));
    printLongest(name);
  }
  void printLongest(const std::string& name) const {
    print(name + ", longest us", us(wall_.max()));
    print(name + ", longest us of the processor", us(longestRunNs_));
  }
  void printSum(const std::string& name) const {
    print(name + ", calls", static_cast<double>(calls_));
    print(name + ", sum ms of the processor", us(sumRunNs_) / 1000);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double us(uint64_t ns) { return static_cast<double>(ns) / 1e3; }
  static uint64_t threadNs() {
    std::timespec now{};
    (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }

  LatencyHistogram wall_;
  uint64_t longestRunNs_ = 0;
  uint64_t sumRunNs_ = 0;
  uint64_t calls_ = 0;
};

}  // namespace ebbcache::bench

// Resizes while the machine lets no store grow, and a resize of gigabytes beside a thread that
// reads.
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "bench/adversity.h"

namespace ebbcache::bench {
namespace {

const std::string& valueOf600() {
  static const std::string value(kValueOf600, 'v');
  return value;
}

/// Puts new entries until the first are evicted, and a tenth more.
uint64_t fill(Store& store) {
  const uint64_t puts = store.maxBytes() / kValueOf600 * 11 / 10;
  for (uint64_t i = 0; i < puts; ++i) store.put(keyOf(i), valueOf600());
  return store.stats().entries;
}

uint64_t entriesThatFit(uint64_t maxBytes, Policy policy) {
  return fill(*openStore(maxBytes, policy));
}

void measureResize(uint64_t fromMib, uint64_t toMib, Policy policy) {
  const std::string name = std::string("resize held back, ") + nameOf(policy) + ", " +
                           std::to_string(fromMib) + " to " + std::to_string(toMib) + " MiB";
  std::atomic<bool> mayGrow{true};
  const auto store =
      openStore(fromMib * kMiB, policy, [&mayGrow](uint64_t) { return mayGrow.load(); });
  const uint64_t before = fill(*store);
  mayGrow = false;
  CallTimer timer;
  timer.time([&] { store->resize(toMib * kMiB); });
  const uint64_t fit = std::min(before, entriesThatFit(toMib * kMiB, policy));
  const uint64_t kept = store->stats().entries;
  print(name + ", entries kept", static_cast<double>(kept));
  print(name + ", entries that would fit", static_cast<double>(fit));
  print(name + ", share kept", static_cast<double>(kept) / static_cast<double>(fit));
  timer.printLongest(name);
}

}  // namespace

void measureResizesHeldBack() {
  constexpr uint64_t kSizes[][2] = {{256, 16}, {16, 256}, {8, 256}, {64, 8}, {1024, 64}};
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    for (const auto& [from, to] : kSizes) measureResize(from, to, policy);
  }
}

void measureResizeOfGigabytes() {
  constexpr uint64_t kEntries = 3'000'000;
  for (const Policy policy : {Policy::kLru, Policy::kS3Fifo}) {
    const std::string name = std::string("resize of 4 GiB to 300 MiB, ") + nameOf(policy);
    const auto store = openStore(4096 * kMiB, policy);
    for (uint64_t i = 0; i < kEntries; ++i) store->put(keyOf(i), valueOf600());
    std::atomic<bool> resizing{false};
    std::atomic<bool> done{false};
    CallTimer before;
    CallTimer beside;
    std::thread reader([&] {
      std::string out(kValueOf600, '\0');
      std::mt19937_64 random(1);
      while (!done) {
        CallTimer& timer = resizing ? beside : before;
        const std::string key = keyOf(random() % kEntries);
        uint64_t bytes = 0;
        timer.time([&] { store->get(key, out.data(), out.size(), bytes); });
      }
    });
    // The time that the machine itself adds, in a second without a resize.
    std::this_thread::sleep_for(std::chrono::seconds(1));
    resizing = true;
    CallTimer resize;
    resize.time([&] { store->resize(300 * kMiB); });
    done = true;
    reader.join();
    before.printLongest(name + ", a get before");
    beside.printLongest(name + ", a get beside");
    resize.printLongest(name + ", the resize");
    print(name + ", entries kept", static_cast<double>(store->stats().entries));
  }
}

}  // namespace ebbcache::bench

// Repeats one operation of the store, for valgrind to count the instructions:
//   ebbcache_instructions OPERATION POLICY COUNT
// The difference between two counts is that of the operations only. Prints the nanoseconds an
// operation took; without arguments, prints the compiler.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace {

using ebbcache::Policy;
using ebbcache::Store;

/// The number of entries at the start; enough that chains of the index have their usual length.
constexpr uint64_t kEntries = 8192;
const std::string kValue(600, 'v');

/// The number is the same whatever is counted, so that the setup cancels out.
constexpr uint64_t kKeys = 1 << 17;

std::vector<std::string> makeKeys() {
  std::vector<std::string> keys;
  keys.reserve(kKeys);
  for (uint64_t i = 0; i < kKeys; ++i) {
    keys.push_back("/photos/album/image-" + std::to_string(1'000'000 + i));
  }
  return keys;
}

const std::vector<std::string> kKeyOf = makeKeys();

/// Visits every entry, out of order: the stride is odd and their number a power of two.
const std::string& visitedKey(uint64_t i) {
  return kKeyOf[i * 5003 % kEntries];
}

/// Has room for about `entries`.
std::unique_ptr<Store> openStore(Policy policy, uint64_t entries) {
  ebbcache::StoreOptions options;
  options.policy = policy;
  options.maxBytes = entries * (kValue.size() + 90);
  return Store::open(options);
}

void fill(Store& store, uint64_t entries) {
  for (uint64_t i = 0; i < entries; ++i) store.put(kKeyOf[i], kValue);
}

uint64_t hitsOf(Store& store, const std::string& key) {
  static char out[1024];
  uint64_t bytes = 0;
  return store.get(key, out, sizeof out, bytes) == ebbcache::ReadResult::kHit ? 1 : 0;
}

double nsEach(uint64_t count, std::chrono::steady_clock::time_point started) {
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - started;
  return took.count() / static_cast<double>(count);
}

/// Returns the ns of an operation; negative where it did not do what its name says, or where the
/// name is unknown.
double run(const std::string& operation, Policy policy, uint64_t count) {
  constexpr uint64_t kAmple = 2 * kEntries;
  const auto now = std::chrono::steady_clock::now;
  if (operation == "put-new") {
    const auto store = openStore(policy, kAmple + count);
    const auto started = now();
    fill(*store, count);
    const double ns = nsEach(count, started);
    return store->stats().entries == count ? ns : -1;
  }
  if (operation == "evicting-put") {
    const auto store = openStore(policy, kEntries);
    fill(*store, kAmple);
    const uint64_t evictions = store->stats().evictions;
    const auto started = now();
    for (uint64_t i = 0; i < count; ++i) store->put(kKeyOf[kAmple + i], kValue);
    const double ns = nsEach(count, started);
    return store->stats().evictions > evictions ? ns : -1;
  }
  const auto store = openStore(policy, kAmple);
  fill(*store, kEntries);
  if (operation == "overwrite") {
    // Removes entries until there are as many holes as there will be.
    for (uint64_t i = 0; i < kAmple; ++i) store->put(visitedKey(i), kValue);
    const auto started = now();
    for (uint64_t i = 0; i < count; ++i) store->put(visitedKey(i), kValue);
    return nsEach(count, started);
  }
  uint64_t hits = 0;
  const auto started = now();
  if (operation == "get-hit") {
    for (uint64_t i = 0; i < count; ++i) hits += hitsOf(*store, visitedKey(i));
    return hits == count ? nsEach(count, started) : -1;
  }
  if (operation == "get-miss") {
    for (uint64_t i = 0; i < count; ++i) hits += hitsOf(*store, kKeyOf[kEntries + i]);
    return hits == 0 ? nsEach(count, started) : -1;
  }
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
#if defined(__clang__)
    std::printf("%s\n", __VERSION__);
#else
    std::printf("GCC %s\n", __VERSION__);
#endif
    return 0;
  }
  const uint64_t count = argc == 4 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (count == 0 || count > kKeys - 2 * kEntries) return 2;
  const Policy policy = std::strcmp(argv[2], "s3fifo") == 0 ? Policy::kS3Fifo : Policy::kLru;
  const double ns = run(argv[1], policy, count);
  if (ns < 0) {
    std::fprintf(stderr, "%s did not do what it says.\n", argv[1]);
    return 1;
  }
  std::printf("%.1f\n", ns);
  return 0;
}

// ns per operation of the store, beside the textbook LRU: unordered_map and list of strings.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <list>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/store.h"

namespace {

using ebbcache::Store;

constexpr size_t kValueBytes = 600;

std::vector<std::string> shuffledKeys(size_t count) {
  std::vector<std::string> keys;
  keys.reserve(count);
  for (size_t i = 0; i < count; ++i) keys.push_back("/photos/album/image-" + std::to_string(i));
  std::shuffle(keys.begin(), keys.end(), std::mt19937(1));
  return keys;
}

/// Exact LRU by count, as it is written when memory does not matter.
class BaselineLru {
 public:
  explicit BaselineLru(size_t maxEntries) : maxEntries_(maxEntries) {}

  void put(const std::string& key, const std::string& value) {
    const auto at = index_.find(key);
    if (at != index_.end()) {
      at->second->second = value;
      entries_.splice(entries_.begin(), entries_, at->second);
      return;
    }
    if (index_.size() == maxEntries_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, value);
    index_[key] = entries_.begin();
  }

  bool get(const std::string& key, std::string& out) {
    const auto at = index_.find(key);
    if (at == index_.end()) return false;
    entries_.splice(entries_.begin(), entries_, at->second);
    out.assign(at->second->second);
    return true;
  }

 private:
  size_t maxEntries_;
  std::list<std::pair<std::string, std::string>> entries_;
  std::unordered_map<std::string, std::list<std::pair<std::string, std::string>>::iterator> index_;
};

std::unique_ptr<Store> openStore(uint64_t maxBytes) {
  ebbcache::StoreOptions options;
  options.maxBytes = maxBytes;
  return Store::open(options);
}

void BM_StoreGetHit(benchmark::State& state) {
  const auto keys = shuffledKeys(static_cast<size_t>(state.range(0)));
  const auto store = openStore(uint64_t{1} << 30);
  const std::string value(kValueBytes, 'v');
  for (const auto& key : keys) store->put(key, value);
  const auto order = shuffledKeys(keys.size());
  char out[kValueBytes];
  size_t i = 0;
  for (auto _ : state) {
    uint64_t bytes = 0;
    benchmark::DoNotOptimize(store->get(order[i], out, sizeof out, bytes));
    i = i + 1 == order.size() ? 0 : i + 1;
  }
}

void BM_BaselineGetHit(benchmark::State& state) {
  const auto keys = shuffledKeys(static_cast<size_t>(state.range(0)));
  BaselineLru lru(keys.size());
  const std::string value(kValueBytes, 'v');
  for (const auto& key : keys) lru.put(key, value);
  const auto order = shuffledKeys(keys.size());
  std::string out;
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(lru.get(order[i], out));
    i = i + 1 == order.size() ? 0 : i + 1;
  }
}

template <typename Cache>
void putForever(benchmark::State& state, Cache& cache) {
  const auto keys = shuffledKeys(4 * static_cast<size_t>(state.range(0)));
  const std::string value(kValueBytes, 'v');
  size_t i = 0;
  for (auto _ : state) {
    cache.put(keys[i], value);
    i = i + 1 == keys.size() ? 0 : i + 1;
  }
}

void BM_StoreEvictingPut(benchmark::State& state) {
  // As many entries as the baseline, by bytes.
  const auto store = openStore(static_cast<uint64_t>(state.range(0)) * (kValueBytes + 90));
  putForever(state, *store);
}

void BM_BaselineEvictingPut(benchmark::State& state) {
  BaselineLru lru(static_cast<size_t>(state.range(0)));
  putForever(state, lru);
}

BENCHMARK(BM_StoreGetHit)->Arg(10000)->Arg(300000);
BENCHMARK(BM_BaselineGetHit)->Arg(10000)->Arg(300000);
BENCHMARK(BM_StoreEvictingPut)->Arg(10000)->Arg(300000);
BENCHMARK(BM_BaselineEvictingPut)->Arg(10000)->Arg(300000);

}  // namespace

BENCHMARK_MAIN();

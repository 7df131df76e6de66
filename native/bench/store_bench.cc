// The nanoseconds per operation of the store beside the textbook LRU, by one thread and by two.
// Keys and orders are made beforehand; all copy the value out.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/contenders.h"

namespace ebbcache::bench {
namespace {

using benchmark::State;

/// Goes round `length` steps; each thread has a start of its own.
class Round {
 public:
  Round(const State& state, size_t length)
      : length_(length), at_(length / state.threads() * state.thread_index()) {}

  size_t next() {
    const size_t at = at_;
    at_ = at + 1 == length_ ? 0 : at + 1;
    return at;
  }

 private:
  const size_t length_;
  size_t at_;
};

struct PutNew {
  static constexpr const char* kName = "put new";
  static constexpr Room kRoom = Room::kEmpty;

  template <typename Contender>
  static void run(State& state, Prepared<Contender>& prepared, const Keys& keys) {
    const std::string value(kValueBytes, 'v');
    Round round(state, keys.entries());
    for (auto _ : state) prepared.contender.put(keys.all[round.next()], value);
  }
};

struct GetHit {
  static constexpr const char* kName = "get hit";
  static constexpr Room kRoom = Room::kAmple;

  template <typename Contender>
  static void run(State& state, Prepared<Contender>& prepared, const Keys& keys) {
    std::string out(kValueBytes, '\0');
    Round round(state, keys.entries());
    for (auto _ : state) {
      if (!prepared.contender.get(keys.visits[round.next()], out)) {
        state.SkipWithError("An entry is missing.");
      }
    }
  }
};

struct GetMiss {
  static constexpr const char* kName = "get miss";
  static constexpr Room kRoom = Room::kAmple;

  template <typename Contender>
  static void run(State& state, Prepared<Contender>& prepared, const Keys& keys) {
    std::string out(kValueBytes, '\0');
    Round round(state, keys.entries());
    for (auto _ : state) {
      if (prepared.contender.get(keys.all[keys.entries() + round.next()], out)) {
        state.SkipWithError("There is an entry that nobody put.");
      }
    }
  }
};

struct Overwrite {
  static constexpr const char* kName = "overwrite";
  static constexpr Room kRoom = Room::kAmple;

  template <typename Contender>
  static void run(State& state, Prepared<Contender>& prepared, const Keys& keys) {
    const std::string value(kValueBytes, 'w');
    Round round(state, keys.entries());
    for (auto _ : state) prepared.contender.put(keys.visits[round.next()], value);
  }
};

/// 90 % get, 10 % put, by zipf.
struct Mixed {
  static constexpr const char* kName = "mixed";
  static constexpr Room kRoom = Room::kAmple;

  template <typename Contender>
  static void run(State& state, Prepared<Contender>& prepared, const Keys& keys) {
    const std::string value(kValueBytes, 'w');
    std::string out(kValueBytes, '\0');
    Round round(state, keys.zipf.size());
    Round tenth(state, 10);
    for (auto _ : state) {
      const std::string& key = keys.all[keys.zipf[round.next()]];
      if (tenth.next() == 0) {
        prepared.contender.put(key, value);
      } else {
        benchmark::DoNotOptimize(prepared.contender.get(key, out));
      }
    }
  }
};

struct EvictingPut {
  static constexpr const char* kName = "evicting put";
  static constexpr Room kRoom = Room::kTight;

  /// Threads take keys by the chunk and go on where the last run stopped: twice as many puts as
  /// there are entries lie between two puts of a key.
  template <typename Contender>
  static void run(State& state, Prepared<Contender>& prepared, const Keys& keys) {
    constexpr size_t kChunk = 50;
    const std::string value(kValueBytes, 'v');
    size_t next = 0;
    size_t end = 0;
    for (auto _ : state) {
      if (next == end) {
        next = prepared.nextKey.fetch_add(kChunk) % keys.all.size();
        end = next + kChunk;
      }
      prepared.contender.put(keys.all[next++], value);
    }
  }
};

template <typename Operation, typename Contender>
void measure(State& state) {
  const auto entries = static_cast<size_t>(state.range(0));
  Operation::run(state, *preparedSlot<Contender>(), keysFor(entries));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

template <typename Operation, typename Contender>
void setUp(const State& state) {
  const auto entries = static_cast<size_t>(state.range(0));
  keysFor(entries);
  prepare<Contender>(entries, Operation::kRoom);
}

template <typename Operation, typename Contender>
void add(size_t entries, int threads) {
  const std::string name = std::string(Operation::kName) + "/" + Contender::kName;
  auto* const benchmark = benchmark::RegisterBenchmark(name.c_str(), measure<Operation, Contender>)
                              ->ArgName("entries")
                              ->Arg(static_cast<int64_t>(entries))
                              ->Threads(threads)
                              ->UseRealTime()
                              ->Setup(setUp<Operation, Contender>);
  // Puts every key once; a fill of few entries is over soon.
  if (Operation::kRoom == Room::kEmpty) {
    benchmark->Iterations(static_cast<int64_t>(entries) / threads);
    if (entries < 100'000) benchmark->Repetitions(15);
  }
}

/// The contenders run next to each other, so that other load of the machine hits them alike.
template <typename Operation>
void addContenders(size_t entries) {
  for (const int threads : {1, 2}) {
    add<Operation, StoreContender<Policy::kLru>>(entries, threads);
    add<Operation, StoreContender<Policy::kS3Fifo>>(entries, threads);
    if (threads == 1) {
      add<Operation, BaselineContender<NoMutex>>(entries, threads);
    } else {
      add<Operation, BaselineContender<std::mutex>>(entries, threads);
    }
  }
}

// Benchmarks are sorted by the number of entries, then by room, so that one fill serves all that
// can share it.
[[maybe_unused]] const bool registered = [] {
  for (const size_t entries : {10'000, 1'000'000}) {
    addContenders<PutNew>(entries);
    addContenders<GetHit>(entries);
    addContenders<GetMiss>(entries);
    addContenders<Overwrite>(entries);
    addContenders<Mixed>(entries);
    addContenders<EvictingPut>(entries);
  }
  return true;
}();

}  // namespace
}  // namespace ebbcache::bench

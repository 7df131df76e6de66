// Collects values from which a dictionary is trained. Thread-safe.
//
//   first round    the first values, so that the entries of a young store are soon small
//   second round   one value in 8 of those that follow, so that more of what is stored is known
//   later rounds   when values no longer become as small as they did after the last training
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ebbcache {

class SampleCollector {
 public:
  /// Offers a value that is stored in `storedBytes`. Returns true where it completed a round: then
  /// the caller MUST call take(), and endRound() once it has trained.
  bool offer(std::string_view value, uint64_t storedBytes);
  /// The samples of the round.
  std::vector<std::string> take();
  /// Allows the next round, unless there is no use for it: then there is none until restart().
  void endRound(bool isUseful);
  /// Begins with the first round again.
  void restart();
  /// Leaves the first rounds out, because there is a dictionary already.
  void skipFirstRounds();

 private:
  struct Round {
    /// One value in so many is a sample.
    uint64_t oneIn;
    uint64_t minSamples;
    uint64_t minBytes;
    /// The bytes that end the round, however few the samples are.
    uint64_t maxBytes;
  };
  enum class State : uint8_t { kCollecting, kTraining, kWatching, kStopped };

  static constexpr std::array<Round, 3> kRounds = {
      {{1, 32, 32 << 10, 1 << 20}, {8, 1000, 1 << 20, 4 << 20}, {4, 500, 256 << 10, 2 << 20}}};
  /// A larger value says little about others, and would fill the samples.
  static constexpr uint64_t kMaxSampleBytes = 64 << 10;
  /// The number of values by which it is judged how small values become.
  static constexpr uint64_t kWindow = 1024;
  /// A round begins when values become this much larger than after the last training.
  static constexpr double kDrift = 1.25;

  bool collect(std::string_view value);
  void watch(uint64_t bytes, uint64_t storedBytes);

  std::atomic<State> state_{State::kCollecting};
  std::mutex mutex_;
  // Guarded by mutex_.
  size_t round_ = 0;
  uint64_t offered_ = 0;
  uint64_t sampleBytes_ = 0;
  std::vector<std::string> samples_;
  uint64_t windowValues_ = 0;
  uint64_t windowBytes_ = 0;
  uint64_t windowStoredBytes_ = 0;
  /// The share of their bytes that the values of the best window took; 0 before the first window.
  double bestShare_ = 0;
};

}  // namespace ebbcache

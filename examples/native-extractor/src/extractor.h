// The threads that extract, and the store that they share with JavaScript.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ebbcache.h"

struct Counts {
  uint64_t extracted = 0;
  /// The number of files that the store already had.
  uint64_t cached = 0;
  /// The number of files that could not be read, or not be stored.
  uint64_t failed = 0;
};

class Extractor {
 public:
  /// Takes over the handle, which the destructor closes. It has fewer threads where the system
  /// refuses some.
  Extractor(const ebbcache_api* api, ebbcache_store* store, unsigned threads);
  /// Joins the threads; files that they have not begun count as failed.
  ~Extractor();
  Extractor(const Extractor&) = delete;
  Extractor& operator=(const Extractor&) = delete;

  /// Returns at once. One of the threads calls `done`.
  void extract(const std::vector<std::string>& files, std::function<void(const Counts&)> done);

  ebbcache_store* store() const { return store_; }
  size_t threads() const { return threads_.size(); }

 private:
  struct Batch {
    std::function<void(const Counts&)> done;
    std::mutex mutex;
    Counts counts;
    size_t left = 0;
  };
  struct Task {
    std::string file;
    std::shared_ptr<Batch> batch;
  };

  void run();
  Counts extractOne(const std::string& file);
  static void finish(const Task& task, const Counts& counts);
  bool isStored(const std::string& file);

  const ebbcache_api* const api_;
  ebbcache_store* const store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

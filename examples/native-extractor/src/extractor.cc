#include "extractor.h"

#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "file_facts.h"
#include "msgpack.h"

Extractor::Extractor(const ebbcache_api* api, ebbcache_store* store, unsigned threads)
    : api_(api), store_(store) {
  try {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    // The threads that have started suffice.
  }
}

Extractor::~Extractor() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  Counts none;
  none.failed = 1;
  for (const Task& task : tasks_) finish(task, none);
  api_->close(store_);
}

void Extractor::extract(const std::vector<std::string>& files,
                        std::function<void(const Counts&)> done) {
  if (files.empty()) {
    done({});
    return;
  }
  const auto batch = std::make_shared<Batch>();
  batch->done = std::move(done);
  batch->left = files.size();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const std::string& file : files) tasks_.push_back({file, batch});
  }
  wake_.notify_all();
}

void Extractor::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    finish(task, extractOne(task.file));
    lock.lock();
  }
}

bool Extractor::isStored(const std::string& file) {
  bool isMap = false;
  // The function runs under the store's lock, so it reads only the first byte.
  const auto glance = [](void* context, const void* value, size_t bytes) {
    *static_cast<bool*>(context) = beginsMap(static_cast<const unsigned char*>(value), bytes);
  };
  return api_->view(store_, file.data(), file.size(), glance, &isMap) == EBBCACHE_OK && isMap;
}

Counts Extractor::extractOne(const std::string& file) {
  using Clock = std::chrono::steady_clock;
  Counts one;
  if (isStored(file)) {
    one.cached = 1;
  } else {
    const auto begin = Clock::now();
    const std::optional<std::string> facts = readFileFacts(file);
    const std::chrono::duration<double, std::milli> cost = Clock::now() - begin;
    const bool stored = facts && api_->put(store_, file.data(), file.size(), facts->data(),
                                           facts->size(), 0, cost.count()) == EBBCACHE_OK;
    (stored ? one.extracted : one.failed) = 1;
  }
  return one;
}

void Extractor::finish(const Task& task, const Counts& counts) {
  Batch& batch = *task.batch;
  const std::lock_guard<std::mutex> lock(batch.mutex);
  batch.counts.extracted += counts.extracted;
  batch.counts.cached += counts.cached;
  batch.counts.failed += counts.failed;
  if (--batch.left == 0) batch.done(batch.counts);
}

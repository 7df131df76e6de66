#include "slab/slab_supply.h"

#include <exception>

#include "process/background_thread.h"

namespace ebbcache {
namespace {

/// Returns null when the system refuses.
void* mapTouched(MemorySource& source, size_t bytes) {
  void* const memory = source.map(bytes);
  if (memory == nullptr) return nullptr;
  // Every small page is touched, not only one of each huge page: the system may have had no huge
  // page.
  const size_t pageBytes = source.pageBytes();
  auto* const touched = static_cast<volatile char*>(memory);
  for (size_t at = 0; at < bytes; at += pageBytes) touched[at] = 0;
  return memory;
}

}  // namespace

SlabSupply::~SlabSupply() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  while (first_ != nullptr) remove(*first_);
}

void SlabSupply::order(SlabOrder& order, size_t bytes) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!startThread()) return;
    order.bytes_.store(bytes, std::memory_order_relaxed);
    order.state_.store(SlabOrder::State::kInTheMaking, std::memory_order_relaxed);
    order.next_ = nullptr;
    SlabOrder** last = &first_;
    while (*last != nullptr) last = &(*last)->next_;
    *last = &order;
  }
  wake_.notify_one();
}

void SlabSupply::withdraw(SlabOrder& order) {
  const std::lock_guard<std::mutex> lock(mutex_);
  remove(order);
}

void SlabSupply::settle(SlabOrder& order) {
  std::unique_lock<std::mutex> lock(mutex_);
  remove(order);
  done_.wait(lock, [&] { return order.state() != SlabOrder::State::kInTheMaking; });
}

void SlabSupply::forget(SlabOrder& order) {
  std::unique_lock<std::mutex> lock(mutex_);
  done_.wait(lock, [&] {
    // The order is withdrawn again after whenReady, which may have ordered.
    remove(order);
    return current_ != &order;
  });
}

bool SlabSupply::startThread() {
  if (thread_.joinable()) return true;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::exception&) {
    // There is no thread (a pids limit, say), or no heap for it: the next order tries again.
  }
  return thread_.joinable();
}

void SlabSupply::remove(SlabOrder& order) {
  for (SlabOrder** at = &first_; *at != nullptr; at = &(*at)->next_) {
    if (*at != &order) continue;
    *at = order.next_;
    order.state_.store(SlabOrder::State::kNone, std::memory_order_relaxed);
    return;
  }
}

void SlabSupply::tellReady(const SlabOrder& order) {
  try {
    order.whenReady_();
  } catch (const std::exception&) {
    // The heap is exhausted, and this thread must not end the process. The slab stays ready: the
    // store finds it when it next takes one, or maintains itself.
  }
}

void SlabSupply::run() {
  // A put made the order: its thread should not lose its core to this one.
  stayInBackground();
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || first_ != nullptr; });
    if (stopping_) return;
    SlabOrder& order = *first_;
    first_ = order.next_;
    current_ = &order;

    lock.unlock();
    order.memory_ = mapTouched(order.source_, order.bytes());
    const bool made = order.memory_ != nullptr;
    lock.lock();
    order.state_.store(made ? SlabOrder::State::kReady : SlabOrder::State::kNone,
                       std::memory_order_release);
    done_.notify_all();

    if (made) {
      lock.unlock();
      tellReady(order);
      lock.lock();
    }
    current_ = nullptr;
    done_.notify_all();
  }
}

}  // namespace ebbcache

#include "pressure/store_executor.h"

#include <new>
#include <system_error>
#include <utility>

#include "pressure/budget_changes.h"

namespace ebbcache {

bool StoreExecutor::give(const StoreOrder& order) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (closed_ || waiting_) return false;
  const bool isUpkeep = order.kind == StoreOrder::Kind::kMaintain;
  if (current_ && (isUpkeep || current_->kind != StoreOrder::Kind::kMaintain)) return false;
  waiting_ = order;
  ++given_;
  // The thread that carries out the current order takes this one too.
  if (current_) return true;
  if (lives_ || startThread()) {
    changed_.notify_all();
    return true;
  }
  while (waiting_) carryOut(lock);
  return true;
}

bool StoreExecutor::isBusy() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_ || current_;
}

std::optional<Upkeep> StoreExecutor::takeUpkeep() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(upkeep_, std::nullopt);
}

void StoreExecutor::wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this, given = given_] { return ended_ >= given; });
}

void StoreExecutor::close() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    closed_ = true;
    if (waiting_) {
      waiting_.reset();
      ++ended_;
    }
    changed_.notify_all();
    changed_.wait(lock, [this] { return !current_; });
  }
  if (thread_.joinable()) thread_.join();
}

void StoreExecutor::joinEnded() {
  const std::lock_guard<std::mutex> lock(mutex_);
  joinEndedLocked();
}

bool StoreExecutor::hasThread() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return thread_.joinable();
}

bool StoreExecutor::isClosed() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return closed_;
}

void StoreExecutor::joinEndedLocked() {
  // The thread needs the lock no more. Once closed, close() joins it.
  if (!lives_ && !closed_ && thread_.joinable()) thread_.join();
}

bool StoreExecutor::startThread() {
  joinEndedLocked();
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    return false;
  } catch (const std::bad_alloc&) {
    return false;
  }
  lives_ = true;
  return true;
}

void StoreExecutor::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (changed_.wait_for(lock, keepThreadFor_, [this] { return closed_ || waiting_; }) &&
         waiting_) {
    carryOut(lock);
  }
  lives_ = false;
}

void StoreExecutor::carryOut(std::unique_lock<std::mutex>& lock) {
  if (!waiting_) return;
  const StoreOrder order = *waiting_;
  waiting_.reset();
  current_ = order;
  lock.unlock();
  carryOut(order);
  lock.lock();
  current_.reset();
  ++ended_;
  changed_.notify_all();
}

void StoreExecutor::carryOut(const StoreOrder& order) noexcept {
  try {
    switch (order.kind) {
      case StoreOrder::Kind::kMaintain: {
        const Upkeep upkeep = store_.maintain(Waiting::kYes);
        const std::lock_guard<std::mutex> lock(mutex_);
        upkeep_ = upkeep;
        break;
      }
      case StoreOrder::Kind::kLower:
        store_.history().reduce([&] { return store_.setBudget(order.from, order.to); });
        break;
      case StoreOrder::Kind::kRaise:
        raiseWithinHeld(order.from, order.to, store_, order.shares);
        break;
    }
  } catch (...) {
    failures_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace ebbcache

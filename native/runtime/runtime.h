// What one process has once: the governor, and the stores that its threads open by name.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pressure/governor.h"
#include "runtime/shared_store.h"

namespace ebbcache {

class Runtime;

/// An open store; closes when destroyed. The last handle of a store gives its memory back.
class StoreHandle {
 public:
  StoreHandle() = default;
  ~StoreHandle() { close(); }
  StoreHandle(StoreHandle&& other) noexcept = default;
  StoreHandle& operator=(StoreHandle&& other) noexcept;
  StoreHandle(const StoreHandle&) = delete;
  StoreHandle& operator=(const StoreHandle&) = delete;

  explicit operator bool() const { return shared_ != nullptr; }
  Store& operator*() const { return shared_->store(); }
  Store* operator->() const { return &shared_->store(); }
  void close();

 private:
  friend class Runtime;
  StoreHandle(std::shared_ptr<Runtime> runtime, std::shared_ptr<SharedStore> shared)
      : runtime_(std::move(runtime)), shared_(std::move(shared)) {}

  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<SharedStore> shared_;
};

/// Thread-safe. Lives while someone holds it: an environment, or an open store.
class Runtime : public std::enable_shared_from_this<Runtime> {
 public:
  static std::shared_ptr<Runtime> current();

  Runtime() : governor_(GovernorOptions{}) {}
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// An empty handle, and a sentence in `error`, when the options are out of range, differ from
  /// those that the name is open with, or memory is refused.
  StoreHandle open(const SharedStoreOptions& options, std::string& error);

 private:
  friend class StoreHandle;

  struct OpenStore {
    std::shared_ptr<SharedStore> shared;
    uint64_t handles;
  };

  void release(const std::shared_ptr<SharedStore>& shared);

  Governor governor_;
  std::mutex mutex_;
  std::vector<OpenStore> stores_;
};

}  // namespace ebbcache

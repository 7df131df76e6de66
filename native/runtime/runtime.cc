#include "runtime/runtime.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "process/forked_child.h"

namespace ebbcache {

namespace {

/// No exception passes this: the heap or the system's entropy may be exhausted.
std::unique_ptr<Store> openStore(const StoreOptions& options, StoreEnvironment environment) {
  try {
    return Store::open(options, std::move(environment));
  } catch (const std::exception&) {
    return nullptr;
  }
}

/// Empties `reference`, but the object keeps the count, and so is never destroyed.
template <typename T>
void abandon(std::shared_ptr<T>& reference) {
  alignas(std::shared_ptr<T>) unsigned char place[sizeof reference];
  new (place) std::shared_ptr<T>(std::move(reference));
}

}  // namespace

StoreHandle& StoreHandle::operator=(StoreHandle&& other) noexcept {
  if (this != &other) {
    close();
    runtime_ = std::move(other.runtime_);
    shared_ = std::move(other.shared_);
    id_ = other.id_;
  }
  return *this;
}

uint64_t StoreHandle::applyPressure(PressureLevel level) const {
  return runtime_->governor().apply(shared_.get(), level);
}

uint64_t StoreHandle::holdPressure(PressureLevel level) const {
  return shared_->heldLevels().set(id_, level, [this](PressureLevel highest) {
    return runtime_->governor().hold(shared_.get(), highest);
  });
}

bool StoreHandle::resize(uint64_t maxBytes) const {
  const bool done = shared_->resize(maxBytes);
  if (done) runtime_->governor().resized(shared_.get());
  return done;
}

void StoreHandle::close() {
  if (shared_ == nullptr) return;
  if (inForkedChild()) {
    abandon(shared_);
    abandon(runtime_);
    return;
  }
  if (shared_->heldLevels().holds(id_)) (void)holdPressure(PressureLevel::kNormal);
  runtime_->release(std::exchange(shared_, nullptr));
  runtime_.reset();
}

std::shared_ptr<Runtime> Runtime::current() {
  if (inForkedChild()) return nullptr;
  struct Current {
    std::mutex mutex;
    std::weak_ptr<Runtime> held;
  };
  // Never destroyed: a thread of another library may still use it while the process exits.
  static Current& current = *new Current();
  const std::lock_guard<std::mutex> lock(current.mutex);
  std::shared_ptr<Runtime> runtime = current.held.lock();
  if (runtime == nullptr) {
    runtime = std::make_shared<Runtime>();
    current.held = runtime;
  }
  return runtime;
}

StoreHandle Runtime::open(const SharedStoreOptions& given, OpenError& error) {
  if (inForkedChild()) {
    error = {OpenError::Kind::kForked, kForkedSentence};
    return {};
  }
  std::string why = given.whyInvalid();
  if (!why.empty()) {
    error = {OpenError::Kind::kInvalid, std::move(why)};
    return {};
  }
  SharedStoreOptions options = given;
  options.store.stamped = options.disk.isWanted();
  if (options.disk.isWanted()) options.disk.tier.dir = canonicalFolder(given.disk.tier.dir);
  if (options.namedByFolder) options.name += options.disk.tier.dir;

  const std::lock_guard<std::mutex> lock(mutex_);
  if (!options.name.empty()) {
    for (OpenStore& open : stores_) {
      if (open.shared->options().name != options.name) continue;
      if (!open.shared->isOpenedWith(options)) {
        error = {OpenError::Kind::kConflict,
                 "The store '" + options.name +
                     "' is open in this process with other options. Open it with the same ones, "
                     "or under another name."};
        return {};
      }
      ++open.handles;
      return {shared_from_this(), open.shared, ++handlesOpened_};
    }
  }

  StoreEnvironment environment;
  environment.supply = &supply_;
  // The governor outlives every store: the handles own the runtime.
  if (options.ebb) {
    environment.mayGrow = [this](uint64_t bytes) { return governor_.mayGrow(bytes); };
  }
  std::unique_ptr<Store> store = openStore(options.store, std::move(environment));
  if (store == nullptr) {
    error = {OpenError::Kind::kNoMemory,
             "The system refused the store's first pages. Free memory, or lower maxBytes."};
    return {};
  }
  std::shared_ptr<DiskTier> disk;
  if (options.disk.isWanted()) disk = diskTiers_.open(options.disk.tier);
  auto shared = std::make_shared<SharedStore>(options, std::move(store), std::move(disk));
  stores_.push_back({shared, 1});
  try {
    governor_.add(shared);
  } catch (...) {
    governor_.remove(shared.get());
    stores_.pop_back();
    throw;
  }
  return {shared_from_this(), std::move(shared), ++handlesOpened_};
}

void Runtime::release(const std::shared_ptr<SharedStore>& shared) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto open = std::find_if(stores_.begin(), stores_.end(),
                                   [&](const OpenStore& each) { return each.shared == shared; });
    if (--open->handles > 0) return;
    stores_.erase(open);
  }
  // Removed without the lock: it waits for what the store is doing, and others are opened and
  // closed meanwhile.
  governor_.remove(shared.get());
}

}  // namespace ebbcache

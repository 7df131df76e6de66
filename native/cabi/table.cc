#include "cabi/table.h"

#include <atomic>
#include <cmath>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cabi/boundary.h"
#include "process/forked_child.h"
#include "runtime/runtime.h"
#include "runtime/stats_fields.h"
#include "store/entry.h"

// NOLINTNEXTLINE(readability-identifier-naming): C's name for it.
struct ebbcache_store {
  ebbcache::StoreHandle handle;
  ebbcache::CodecBuffersPool buffers;
  std::atomic<uint64_t> owners{1};
};

namespace ebbcache {
namespace {

constexpr const char* kNoMemorySentence =
    "There is not enough memory to open a store. Free memory, and try again.";

bool isKey(const void* key, size_t bytes) {
  return key != nullptr && bytes > 0 && bytes <= kMaxKeyBytes;
}

std::string_view viewOf(const void* data, size_t bytes) {
  return {static_cast<const char*>(data), bytes};
}

const char* statusText(ebbcache_status status) {
  switch (status) {
    case EBBCACHE_OK:
      return "It is done.";
    case EBBCACHE_MISS:
      return "There is no such key, or its time to live is over.";
    case EBBCACHE_BUFFER_TOO_SMALL:
      return "The value is larger than the buffer. Call again with one of the size given.";
    case EBBCACHE_TOO_LARGE:
      return "The value does not fit the store's budget. Open the store with a larger maxBytes.";
    case EBBCACHE_INVALID:
      return "An argument is null or out of range.";
    case EBBCACHE_CONFLICT:
      return "The name is open in this process with other options.";
    case EBBCACHE_NO_MEMORY:
      return "The system refused memory. Free some, and try again.";
    case EBBCACHE_UNREADABLE:
      return "The memory of this machine could not be read. Try again later.";
    case EBBCACHE_FAILED:
      return "Something failed inside ebbcache, or a visit function threw an exception.";
    case EBBCACHE_FORKED:
      return kForkedSentence;
    default:
      return "This is no status of this version of ebbcache.";
  }
}

/// A sentence about a fault of the struct itself; empty where there is none.
std::string toSharedOptions(const ebbcache_options* given, SharedStoreOptions& out) {
  if (given == nullptr) return "The options are null. Begin with EBBCACHE_OPTIONS_INIT.";
  ebbcache_options options = EBBCACHE_OPTIONS_INIT;
  constexpr size_t kMinBytes = offsetof(ebbcache_options, max_bytes) + sizeof options.max_bytes;
  if (!copyIn(given, kMinBytes, options) || options.reserved != 0) {
    return "The options have a size or fields that this ebbcache does not know. Begin with "
           "EBBCACHE_OPTIONS_INIT of the ebbcache.h of the ebbcache installed.";
  }
  if (options.policy != EBBCACHE_LRU && options.policy != EBBCACHE_S3FIFO) {
    return "policy must be EBBCACHE_LRU or EBBCACHE_S3FIFO; it is " +
           std::to_string(options.policy) + ".";
  }
  out.store.maxBytes = options.max_bytes;
  out.store.maxEntries = options.max_entries;
  out.store.policy = options.policy == EBBCACHE_S3FIFO ? Policy::kS3Fifo : Policy::kLru;
  out.store.defaultTtlMs = options.default_ttl_ms;
  out.minBytes = options.min_bytes;
  if (options.name != nullptr) out.name = options.name;
  out.ebb = options.ebb != 0;
  if (options.disk_kind != EBBCACHE_DISK_VALUES && options.disk_kind != EBBCACHE_DISK_RECORDS) {
    return "disk_kind must be EBBCACHE_DISK_VALUES or EBBCACHE_DISK_RECORDS; it is " +
           std::to_string(options.disk_kind) + ".";
  }
  if (options.disk_dir != nullptr) out.disk.tier.dir = options.disk_dir;
  out.disk.tier.maxBytes = options.disk_max_bytes;
  out.disk.tier.kind =
      options.disk_kind == EBBCACHE_DISK_RECORDS ? RingKind::kRecords : RingKind::kValues;
  if (options.disk_kind == EBBCACHE_DISK_RECORDS) out.prefixBytes = kRecordPrefixBytes;
  out.disk.coherent = options.disk_coherent != 0;
  return {};
}

ebbcache_status statusOf(OpenError::Kind kind) {
  switch (kind) {
    case OpenError::Kind::kConflict:
      return EBBCACHE_CONFLICT;
    case OpenError::Kind::kNoMemory:
      return EBBCACHE_NO_MEMORY;
    case OpenError::Kind::kForked:
      return EBBCACHE_FORKED;
    default:
      return EBBCACHE_INVALID;
  }
}

ebbcache_status statusOf(ReadResult result) {
  switch (result) {
    case ReadResult::kHit:
      return EBBCACHE_OK;
    case ReadResult::kMiss:
      return EBBCACHE_MISS;
    default:
      return EBBCACHE_BUFFER_TOO_SMALL;
  }
}

ebbcache_status open(const ebbcache_options* given, ebbcache_store** out, char* error,
                     size_t errorBytes) {
  copySentence("", error, errorBytes);
  if (out == nullptr) {
    copySentence("The pointer for the store is null.", error, errorBytes);
    return EBBCACHE_INVALID;
  }
  *out = nullptr;
  const ebbcache_status status = guarded([&]() -> ebbcache_status {
    SharedStoreOptions options;
    OpenError why;
    why.sentence = toSharedOptions(given, options);
    if (why.sentence.empty()) {
      auto store = std::make_unique<ebbcache_store>();
      store->handle = Runtime::current()->open(options, why);
      if (store->handle) {
        *out = store.release();
        return EBBCACHE_OK;
      }
    }
    copySentence(why.sentence, error, errorBytes);
    return statusOf(why.kind);
  });
  if (status == EBBCACHE_OK || (errorBytes > 0 && error != nullptr && *error != '\0')) {
    return status;
  }
  // An exception or a forked child left no sentence.
  copySentence(status == EBBCACHE_NO_MEMORY ? kNoMemorySentence : statusText(status), error,
               errorBytes);
  return status;
}

void retain(ebbcache_store* store) {
  if (store != nullptr) store->owners.fetch_add(1, std::memory_order_relaxed);
}

void close(ebbcache_store* store) {
  if (store == nullptr || store->owners.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  // A guarded call does nothing in a forked child: the store stays as it is.
  guarded([&] {
    delete store;
    return EBBCACHE_OK;
  });
}

ReadResult get(CodedStore& store, std::string_view key, const CodedStore::Reading& reading,
               uint64_t& bytes) {
  return store.get(key, reading, bytes);
}

ReadResult peek(CodedStore& store, std::string_view key, const CodedStore::Reading& reading,
                uint64_t& bytes) {
  return store.peek(key, reading, bytes);
}

using Reader = ReadResult (*)(CodedStore&, std::string_view, const CodedStore::Reading&, uint64_t&);

template <Reader reader>
ebbcache_status read(ebbcache_store* store, const void* key, size_t keyBytes, void* buffer,
                     size_t capacity, size_t* valueBytes) {
  if (valueBytes != nullptr) *valueBytes = 0;
  if (store == nullptr || !isKey(key, keyBytes)) return EBBCACHE_INVALID;
  if (buffer == nullptr && capacity > 0) return EBBCACHE_INVALID;
  return guarded([&] {
    uint64_t bytes = 0;
    const CodecBuffersPool::Borrowed buffers(store->buffers);
    const ReadResult result =
        reader(store->handle.coded(), viewOf(key, keyBytes),
               {static_cast<char*>(buffer), capacity, CodedStore::Names::kWhole, *buffers}, bytes);
    if (valueBytes != nullptr) *valueBytes = static_cast<size_t>(bytes);
    return statusOf(result);
  });
}

ebbcache_status view(ebbcache_store* store, const void* key, size_t keyBytes, ebbcache_visit visit,
                     void* context) {
  if (store == nullptr || !isKey(key, keyBytes) || visit == nullptr) return EBBCACHE_INVALID;
  return guarded([&] {
    const CodecBuffersPool::Borrowed buffers(store->buffers);
    const auto visitValue = [&](std::string_view value) {
      visit(context, value.data(), value.size());
    };
    return statusOf(store->handle.coded().view(viewOf(key, keyBytes), visitValue, *buffers));
  });
}

ebbcache_status has(ebbcache_store* store, const void* key, size_t keyBytes) {
  if (store == nullptr || !isKey(key, keyBytes)) return EBBCACHE_INVALID;
  return guarded(
      [&] { return store->handle->has(viewOf(key, keyBytes)) ? EBBCACHE_OK : EBBCACHE_MISS; });
}

ebbcache_status put(ebbcache_store* store, const void* key, size_t keyBytes, const void* value,
                    size_t valueBytes, uint64_t ttlMs, double costMs) {
  if (store == nullptr || !isKey(key, keyBytes)) return EBBCACHE_INVALID;
  if (value == nullptr && valueBytes > 0) return EBBCACHE_INVALID;
  if (!std::isfinite(costMs) || costMs < 0) return EBBCACHE_INVALID;
  return guarded([&]() -> ebbcache_status {
    const PutOptions options{ttlMs, costMs};
    const CodecBuffersPool::Borrowed buffers(store->buffers);
    switch (store->handle.coded().put(viewOf(key, keyBytes), viewOf(value, valueBytes), options,
                                      CodedStore::Form::kPlain, *buffers)) {
      case PutResult::kStored:
        return EBBCACHE_OK;
      case PutResult::kTooLarge:
        return EBBCACHE_TOO_LARGE;
      default:
        return EBBCACHE_NO_MEMORY;
    }
  });
}

ebbcache_status removeKey(ebbcache_store* store, const void* key, size_t keyBytes) {
  if (store == nullptr || !isKey(key, keyBytes)) return EBBCACHE_INVALID;
  return guarded(
      [&] { return store->handle->remove(viewOf(key, keyBytes)) ? EBBCACHE_OK : EBBCACHE_MISS; });
}

ebbcache_status clear(ebbcache_store* store) {
  if (store == nullptr) return EBBCACHE_INVALID;
  return guarded([&] {
    store->handle.coded().clear();
    return EBBCACHE_OK;
  });
}

ebbcache_pressure_count toCount(const PressureCount& count) {
  return {count.events, count.evictions};
}

/// A field of the C interface and the one that it has its value from.
struct StatsPair {
  uint64_t ebbcache_stats::*to;
  uint64_t StoreStats::*from;
};

constexpr StatsPair kStatsFields[] = {
    {&ebbcache_stats::entries, &StoreStats::entries},
    {&ebbcache_stats::payload_bytes, &StoreStats::payloadBytes},
    {&ebbcache_stats::held_bytes, &StoreStats::heldBytes},
    {&ebbcache_stats::budget_bytes, &StoreStats::budgetBytes},
    {&ebbcache_stats::max_bytes, &StoreStats::maxBytes},
    {&ebbcache_stats::hits, &StoreStats::hits},
    {&ebbcache_stats::misses, &StoreStats::misses},
    {&ebbcache_stats::puts, &StoreStats::puts},
    {&ebbcache_stats::evictions, &StoreStats::evictions},
    {&ebbcache_stats::expirations, &StoreStats::expirations},
    {&ebbcache_stats::pressure_evictions, &StoreStats::pressureEvictions},
    {&ebbcache_stats::rejections, &StoreStats::rejections},
    {&ebbcache_stats::memory_refusals, &StoreStats::memoryRefusals},
    {&ebbcache_stats::max_entries, &StoreStats::maxEntries},
    {&ebbcache_stats::evictions_by_entries, &StoreStats::evictionsByEntries},
};
static_assert(std::size(kStatsFields) == std::size(kStoreStatsFields),
              "Each field of kStoreStatsFields must have one in the C interface.");

ebbcache_status stats(ebbcache_store* store, ebbcache_stats* out) {
  if (store == nullptr || out == nullptr) return EBBCACHE_INVALID;
  return guarded([&] {
    const auto [stats, codec, pressure] = store->handle.stats();
    (void)codec;
    ebbcache_stats known = {};
    for (const auto& [to, from] : kStatsFields) known.*to = stats.*from;
    known.pressure_events = pressure.events();
    known.pressure_reductions = pressure.reductions;
    known.pressure_elevated = toCount(pressure[PressureCause::kElevated]);
    known.pressure_high = toCount(pressure[PressureCause::kHigh]);
    known.pressure_critical = toCount(pressure[PressureCause::kCritical]);
    known.pressure_request = toCount(pressure[PressureCause::kRequest]);
    return copyOut(known, out) ? EBBCACHE_OK : EBBCACHE_INVALID;
  });
}

ebbcache_memory toMemory(const MemorySample& sample) {
  ebbcache_memory memory = {};
  memory.level = static_cast<int32_t>(sample.assessment.level);
  memory.process_rss = sample.snapshot.processRss;
  memory.process_virtual = sample.snapshot.processVirtual;
  memory.total = sample.assessment.bound.limit;
  memory.available = sample.assessment.bound.available();
  memory.used_percent = sample.assessment.bound.percentUsed();
  memory.eviction_target = sample.assessment.evictionTarget;
  if (sample.snapshot.psi) {
    memory.psi_some_avg10 = sample.snapshot.psi->someAvg10;
    memory.psi_full_avg10 = sample.snapshot.psi->fullAvg10;
    memory.has_psi = 1;
  }
  memory.limited_by = sample.assessment.boundBy == BoundKind::kGroup ? EBBCACHE_LIMITED_BY_CGROUP
                                                                     : EBBCACHE_LIMITED_BY_SYSTEM;
  return memory;
}

ebbcache_status memory(ebbcache_memory* out, char* error, size_t errorBytes) {
  copySentence("", error, errorBytes);
  const ebbcache_status status = guarded([&]() -> ebbcache_status {
    if (out == nullptr) return EBBCACHE_INVALID;
    MemorySample sample;
    std::string why;
    if (Runtime::current()->memory().sample(sample, why)) {
      return copyOut(toMemory(sample), out) ? EBBCACHE_OK : EBBCACHE_INVALID;
    }
    copySentence(why, error, errorBytes);
    return EBBCACHE_UNREADABLE;
  });
  if (status < 0 && status != EBBCACHE_UNREADABLE) {
    copySentence(statusText(status), error, errorBytes);
  }
  return status;
}

int32_t pressureLevel(const ebbcache_store* store) {
  if (store == nullptr || inForkedChild()) return EBBCACHE_PRESSURE_UNKNOWN;
  return static_cast<int32_t>(store->handle.runtime().governor().level());
}

constexpr ebbcache_api kTable = {
    EBBCACHE_API_VERSION,
    sizeof(ebbcache_api),
    statusText,
    open,
    retain,
    close,
    read<get>,
    read<peek>,
    view,
    has,
    put,
    removeKey,
    clear,
    stats,
    memory,
    pressureLevel,
};

// A caller that was built for this version must find each field in its former place.
static_assert(offsetof(ebbcache_stats, pressure_events) == 8 + 13 * 8 &&
                  sizeof(ebbcache_stats) == 8 + 25 * 8,
              "fields are only ever added at the end");
static_assert(sizeof(ebbcache_memory) == 9 * 8 + 8, "fields are only ever added at the end");
static_assert(offsetof(ebbcache_api, status_text) == 8 &&
                  sizeof(ebbcache_api) == 8 + 14 * sizeof(void*),
              "functions are only ever added at the end");

}  // namespace

const ebbcache_api* nativeApiTable() {
  return &kTable;
}

}  // namespace ebbcache

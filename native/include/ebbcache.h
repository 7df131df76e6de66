/*
 * The C interface of ebbcache: the stores of a Node process, for native code in the same process.
 *
 * Plain C99, nothing to link with. All functions are reached through one table of pointers, which a
 * native addon gets from JavaScript's `nativeApi()`; ebbcache_node.h unpacks it.
 *
 *   struct ebbcache_options options = EBBCACHE_OPTIONS_INIT;
 *   options.name = "metadata";
 *   options.max_bytes = 64u << 20;
 *   ebbcache_store* store;
 *   char why[256];
 *   if (api->open(&options, &store, why, sizeof why) != EBBCACHE_OK) ...
 *   api->put(store, key, key_bytes, value, value_bytes, 0, 0);
 *   api->close(store);
 *
 * Threads: every function may be called from any thread, one of JavaScript's or not, and none calls
 * into JavaScript. A call takes a store's lock for about as long as it takes to copy the bytes.
 * With a disk tier, a read that misses in memory reads the file, in the calling thread; nothing
 * that is put or removed waits for the disk.
 *
 * Lifetime: the table and the code behind it stay until the process ends: ebbcache's library is
 * never unmapped once its table was asked for. A store handle works until it is closed, also after
 * the JavaScript environment that the table came from has ended (a worker that was terminated). The
 * caller's own threads are the caller's to join before its own library goes: in
 * napi_add_env_cleanup_hook.
 *
 * Fork: a process that was forked from the one that loaded ebbcache, and has called no exec since,
 * has none of ebbcache's threads, and its locks may be held for ever. There every function that
 * returns a status returns EBBCACHE_FORKED, or EBBCACHE_INVALID as elsewhere, and changes nothing;
 * pressure_level() is unknown, and close() leaves the store as it is. None waits, and neither does
 * exit(). What such a process does changes nothing in its parent, where all goes on as before.
 *
 * Nothing is thrown: C++ exceptions end as a status. Null pointers and what is out of range are
 * EBBCACHE_INVALID; a handle that was closed is undefined behaviour.
 */
#ifndef EBBCACHE_H
#define EBBCACHE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Raised when a function changes its meaning or arguments. Functions that are added at the table's
 * end, and fields that are added at a struct's end, raise the `size` that stands in it instead.
 */
#define EBBCACHE_API_VERSION 1u

/* The result of a call: 0 is success, negative is failure, positive is another regular outcome. */
typedef int32_t ebbcache_status;
enum {
  EBBCACHE_OK = 0,
  /* The key has no entry, or its time to live has ended. */
  EBBCACHE_MISS = 1,
  /* The value is larger than the buffer; its size was given. */
  EBBCACHE_BUFFER_TOO_SMALL = 2,
  /* The value is larger than the store can ever hold within its budget. Nothing has changed. */
  EBBCACHE_TOO_LARGE = 3,
  /* An argument is null or out of range. */
  EBBCACHE_INVALID = -1,
  /* The name is open in this process with other options. */
  EBBCACHE_CONFLICT = -2,
  /* The system or the heap refused memory. A later call may succeed. */
  EBBCACHE_NO_MEMORY = -3,
  /* The machine's memory could not be read. A later call may succeed. */
  EBBCACHE_UNREADABLE = -4,
  /* Another failure: a bug of ebbcache, or a visit function that threw. */
  EBBCACHE_FAILED = -5,
  /* This process was forked from the one that loaded ebbcache, and may not use its stores. */
  EBBCACHE_FORKED = -6
};

/* Which entry is evicted. */
enum { EBBCACHE_LRU = 0, EBBCACHE_S3FIFO = 1 };

/* What a disk tier holds: the values of an ArenaCache, or the records of a MetadataCache. */
enum { EBBCACHE_DISK_VALUES = 0, EBBCACHE_DISK_RECORDS = 1 };

/* The levels are ordered. Unknown: the machine was not read yet. */
enum {
  EBBCACHE_PRESSURE_UNKNOWN = 0,
  EBBCACHE_PRESSURE_NORMAL = 1,
  EBBCACHE_PRESSURE_ELEVATED = 2,
  EBBCACHE_PRESSURE_HIGH = 3,
  EBBCACHE_PRESSURE_CRITICAL = 4
};

/* What bounds this process's memory most tightly. */
enum { EBBCACHE_LIMITED_BY_SYSTEM = 0, EBBCACHE_LIMITED_BY_CGROUP = 1 };

/*
 * Structs are passed with the size that their owner knows. What the caller does not know yet has
 * its default in options and is not written in results. What ebbcache does not know yet must be
 * zero in options and is zeroed in results.
 */

/* The options of a store. All who open a name must give the same ones, its disk tier included;
 * start from the INIT below. */
struct ebbcache_options {
  /* sizeof(struct ebbcache_options); at least up to max_bytes. */
  uint32_t size;
  /* EBBCACHE_LRU (default) or EBBCACHE_S3FIFO. */
  int32_t policy;
  /* Hard bound on all memory that the store takes from the system, bytes: 64 KiB to 16 GiB. */
  uint64_t max_bytes;
  /* Entries at most; 0 (default) for no bound but bytes. */
  uint64_t max_entries;
  /* The time to live of entries that are put without one, ms; 0 (default) for none. */
  uint64_t default_ttl_ms;
  /* Never shrink below this under memory pressure, bytes, up to max_bytes. Default 0. */
  uint64_t min_bytes;
  /* UTF-8, copied; stores of one name are one store, JavaScript's included. NULL (default) or empty
   * for a store of its own. */
  const char* name;
  /* Not 0 (default): shrink and regrow with memory pressure. */
  int32_t ebb;
  /* 0 */
  int32_t reserved;
  /* UTF-8, copied: the folder of a disk tier, which the processes that name it share. NULL
   * (default) or empty for none. */
  const char* disk_dir;
  /* The maximum of the disk tier's file, bytes: 1 MiB to 64 GiB. Needed where there is a disk_dir.
   */
  uint64_t disk_max_bytes;
  /* Not 0 (default): a value in memory is used only if no other process has replaced or removed it
   * on disk. */
  int32_t disk_coherent;
  /* EBBCACHE_DISK_VALUES (default) or EBBCACHE_DISK_RECORDS. */
  int32_t disk_kind;
};

/* The defaults, with max_bytes left to set. */
#define EBBCACHE_OPTIONS_INIT                                                                    \
  {                                                                                              \
    (uint32_t)sizeof(struct ebbcache_options), EBBCACHE_LRU, 0, 0, 0, 0, NULL, 1, 0, NULL, 0, 1, \
        EBBCACHE_DISK_VALUES                                                                     \
  }

/* The effects of one cause of memory pressure on a store. */
struct ebbcache_pressure_count {
  /* How often the level rose to this one, or this one was applied. */
  uint64_t events;
  /* The number of entries evicted for it. */
  uint64_t evictions;
};

/* Counters since the store was opened, and what it holds in memory now; the same as ArenaCache's
 * stats(). Hits, misses and puts are those of memory and disk tier together. */
struct ebbcache_stats {
  /* In: sizeof(struct ebbcache_stats), at least 8. Out: how many bytes of it mean something. */
  uint32_t size;
  uint32_t reserved;
  /* Entries, expired ones that have not been noticed yet included. */
  uint64_t entries;
  /* Key and value bytes. */
  uint64_t payload_bytes;
  /* All memory held from the system, bytes: never above budget_bytes. */
  uint64_t held_bytes;
  /* What the budget is now, bytes; max_bytes when there is no pressure. */
  uint64_t budget_bytes;
  uint64_t max_bytes;
  uint64_t hits;
  uint64_t misses;
  uint64_t puts;
  /* Entries that were evicted: for others, max_entries, a smaller budget or pressure. */
  uint64_t evictions;
  uint64_t expirations;
  /* The part of `evictions` that pressure caused. */
  uint64_t pressure_evictions;
  /* Values too large for the budget, refused. */
  uint64_t rejections;
  /* Requests for memory that the system refused. */
  uint64_t memory_refusals;
  /* Times that the level of pressure on the store rose, or one was applied by hand. */
  uint64_t pressure_events;
  /* Times that pressure lowered the budget or evicted entries. */
  uint64_t pressure_reductions;
  /* By cause: their sums are pressure_events and pressure_evictions. */
  struct ebbcache_pressure_count pressure_elevated;
  struct ebbcache_pressure_count pressure_high;
  struct ebbcache_pressure_count pressure_critical;
  /* Levels that were applied by hand. */
  struct ebbcache_pressure_count pressure_request;
  /* Entries at most; 0 for no bound but bytes. */
  uint64_t max_entries;
  /* The part of `evictions` that max_entries caused. */
  uint64_t evictions_by_entries;
};

/* One reading of the machine, within the limit that binds tightest: the system's or the cgroup's.
 */
struct ebbcache_memory {
  /* In: sizeof(struct ebbcache_memory), at least 8. Out: how many bytes of it mean something. */
  uint32_t size;
  /* EBBCACHE_PRESSURE_NORMAL to EBBCACHE_PRESSURE_CRITICAL. */
  int32_t level;
  /* Of this process, bytes. */
  uint64_t process_rss;
  uint64_t process_virtual;
  /* Bytes; used is total - available, without what the kernel can take back for free. */
  uint64_t total;
  uint64_t available;
  /* 0 to 100. */
  double used_percent;
  /* Bytes to free to be back at 65, 75, 70 % from elevated, high, critical; 0 when normal. */
  uint64_t eviction_target;
  /* Pressure stall information: percent of the last 10 s in which some or all tasks waited for
   * memory; 0 without has_psi. */
  double psi_some_avg10;
  double psi_full_avg10;
  /* 1 where the kernel has it. */
  int32_t has_psi;
  /* EBBCACHE_LIMITED_BY_SYSTEM or EBBCACHE_LIMITED_BY_CGROUP. */
  int32_t limited_by;
};

/* An open store. Opaque; from open() to the last close(). */
typedef struct ebbcache_store ebbcache_store;

/*
 * Sees a value in place: `bytes` of them at `value`, not aligned, for the time of the call only.
 * Runs with the store's lock held, so it must be short, must not block, and must call nothing of
 * ebbcache on any store; it must return (no longjmp, no end of the thread).
 */
typedef void (*ebbcache_visit)(void* context, const void* value, size_t bytes);

/*
 * Keys are 1 to 65535 bytes of any content; UTF-8 where JavaScript is to use them too. Values are
 * any bytes, 0 included; msgpack where an ArenaCache is to decode them. Both are copied in and out.
 */
struct ebbcache_api {
  /* EBBCACHE_API_VERSION and sizeof(struct ebbcache_api) of the library. */
  uint32_t version;
  uint32_t size;

  /* A sentence in English for a status, also for an unknown one. Static: never freed. */
  const char* (*status_text)(ebbcache_status status);

  /*
   * Opens a store: EBBCACHE_OK and a handle to be closed, or null in *store and EBBCACHE_INVALID,
   * EBBCACHE_CONFLICT, EBBCACHE_NO_MEMORY or EBBCACHE_FORKED. What is wrong goes to `error` as a
   * sentence, cut to error_bytes with the 0 at its end, in which options have their JavaScript
   * names (maxBytes); on success it is empty. `error` may be null where error_bytes is 0. May start
   * a thread (the governor's) if this is the process's first store.
   */
  ebbcache_status (*open)(const struct ebbcache_options* options, ebbcache_store** store,
                          char* error, size_t error_bytes);

  /* Adds an owner to the handle, which then needs one more close. Null is ignored. */
  void (*retain)(ebbcache_store* store);

  /*
   * The last close of a handle ends it; the last handle of a store, JavaScript's included, gives
   * its memory back before this returns, and the last of a disk tier writes what waits, for as long
   * as a second. Not while another thread is in a call with the handle,
   * unless that thread has retained it. Null is ignored.
   */
  void (*close)(ebbcache_store* store);

  /*
   * Copies the value to `buffer`, and its size to *value_bytes (if not null; 0 for a miss).
   * EBBCACHE_BUFFER_TOO_SMALL gives the size alone and counts as nothing; by the time of the next
   * call the value may be another. `buffer` may be null where capacity is 0. Counts as a hit and a
   * use, or as a miss.
   */
  ebbcache_status (*get)(ebbcache_store* store, const void* key, size_t key_bytes, void* buffer,
                         size_t capacity, size_t* value_bytes);

  /* The same, never counted. */
  ebbcache_status (*peek)(ebbcache_store* store, const void* key, size_t key_bytes, void* buffer,
                          size_t capacity, size_t* value_bytes);

  /* Calls `visit` with the value in place, or a copy of it from disk, once, if the key is there.
   * Counts as get does. */
  ebbcache_status (*view)(ebbcache_store* store, const void* key, size_t key_bytes,
                          ebbcache_visit visit, void* context);

  /* EBBCACHE_OK or EBBCACHE_MISS; never counted. */
  ebbcache_status (*has)(ebbcache_store* store, const void* key, size_t key_bytes);

  /*
   * Stores a copy, in place of what was under the key. ttl_ms: time to live, 0 for the store's
   * default. cost_ms: what it took to make the value, 0 or more; 0 where it is not known. `value`
   * may be null where value_bytes is 0. EBBCACHE_TOO_LARGE changes nothing; EBBCACHE_NO_MEMORY
   * leaves what was under the key, but others may have been evicted. With a disk tier it is stored
   * once memory or the disk tier has taken it, and EBBCACHE_NO_MEMORY leaves nothing under the key.
   */
  ebbcache_status (*put)(ebbcache_store* store, const void* key, size_t key_bytes,
                         const void* value, size_t value_bytes, uint64_t ttl_ms, double cost_ms);

  /* Returns EBBCACHE_OK where the key was there, else EBBCACHE_MISS. */
  ebbcache_status (*remove)(ebbcache_store* store, const void* key, size_t key_bytes);

  /* Removes all entries and releases their memory; counters stay. */
  ebbcache_status (*clear)(ebbcache_store* store);

  /* Fills *stats, whose size is set by the caller. All numbers are of one moment. */
  ebbcache_status (*stats)(ebbcache_store* store, struct ebbcache_stats* stats);

  /*
   * Reads the machine now and fills *memory, whose size is set by the caller: tens of microseconds,
   * one thread at a time. EBBCACHE_UNREADABLE with a sentence in `error`, as in open(). Levels are
   * left a little below the threshold where they begin, as long as a store is open in the process.
   */
  ebbcache_status (*memory)(struct ebbcache_memory* memory, char* error, size_t error_bytes);

  /*
   * EBBCACHE_PRESSURE_...: what the process's governor sampled last, 100 ms ago as a rule. Costs
   * nothing. Unknown before its first sample, after one that failed, for null, and in a forked
   * child.
   */
  int32_t (*pressure_level)(const ebbcache_store* store);
};

/* 1 if the table has everything that this header names, with the same meaning; else 0. */
static inline int ebbcache_api_fits(const struct ebbcache_api* api) {
  return api != NULL && /* NOLINT(modernize-use-nullptr): this is C */
         api->version == EBBCACHE_API_VERSION && api->size >= sizeof(struct ebbcache_api);
}

#ifdef __cplusplus
}
#endif

#endif

// The names of the statistics, for all who hand them on: the addon's objects and the C interface.
#pragma once

#include <cstdint>

#include "codec/store_codec.h"
#include "disk/disk_tier.h"
#include "store/store.h"

namespace ebbcache {

/// A field of a struct of statistics, and what JavaScript calls it.
template <typename Stats>
struct StatsField {
  const char* name;
  uint64_t Stats::*member;
};

/// NativeStoreStats in lib/native/store-stats.ts has the same names.
inline constexpr StatsField<StoreStats> kStoreStatsFields[] = {
    {"entries", &StoreStats::entries},
    {"payloadBytes", &StoreStats::payloadBytes},
    {"heldBytes", &StoreStats::heldBytes},
    {"budgetBytes", &StoreStats::budgetBytes},
    {"maxBytes", &StoreStats::maxBytes},
    {"maxEntries", &StoreStats::maxEntries},
    {"hits", &StoreStats::hits},
    {"misses", &StoreStats::misses},
    {"puts", &StoreStats::puts},
    {"evictions", &StoreStats::evictions},
    {"evictionsByEntries", &StoreStats::evictionsByEntries},
    {"expirations", &StoreStats::expirations},
    {"pressureEvictions", &StoreStats::pressureEvictions},
    {"rejections", &StoreStats::rejections},
    {"memoryRefusals", &StoreStats::memoryRefusals},
};
static_assert(sizeof(StoreStats) == sizeof(kStoreStatsFields) / sizeof(kStoreStatsFields[0]) * 8,
              "Each field of StoreStats must have a row in the table.");

/// NativeStoreStats has these too.
inline constexpr StatsField<StoreCodecStats> kCodecStatsFields[] = {
    {"dictionaries", &StoreCodecStats::dictionaries},
    {"dictionaryBytes", &StoreCodecStats::dictionaryBytes},
    {"dictionaryTrainings", &StoreCodecStats::trainings},
    {"undecodableValues", &StoreCodecStats::undecodable},
};
static_assert(sizeof(StoreCodecStats) ==
                  sizeof(kCodecStatsFields) / sizeof(kCodecStatsFields[0]) * 8,
              "Each field of StoreCodecStats must have a row in the table.");

/// NativeDiskStats in lib/native/disk.ts has the same names, and `path` and `available`.
inline constexpr StatsField<DiskTierStats> kDiskStatsFields[] = {
    {"entries", &DiskTierStats::entries},     {"bytes", &DiskTierStats::bytes},
    {"maxBytes", &DiskTierStats::maxBytes},   {"hits", &DiskTierStats::hits},
    {"misses", &DiskTierStats::misses},       {"writes", &DiskTierStats::writes},
    {"evictions", &DiskTierStats::evictions}, {"expirations", &DiskTierStats::expirations},
    {"drops", &DiskTierStats::drops},         {"errors", &DiskTierStats::errors},
    {"pending", &DiskTierStats::pending},
};
static_assert(sizeof(DiskTierStats) ==
                  8 + sizeof(kDiskStatsFields) / sizeof(kDiskStatsFields[0]) * 8,
              "Each field of DiskTierStats must have a row in the table.");

}  // namespace ebbcache

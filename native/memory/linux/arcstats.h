// The cache of ZFS (ARC) as <proc>/spl/kstat/zfs/arcstats tells of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ebbcache {

/// Bytes that ZFS gives back when the kernel asks: what the ARC holds above its minimum ("size"
/// less "c_min"). Empty where the text does not tell both.
std::optional<uint64_t> parseReclaimableArc(std::string_view text);

}  // namespace ebbcache

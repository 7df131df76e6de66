// The cache of ZFS (ARC), as <proc>/spl/kstat/zfs/arcstats reports it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ebbcache {

/// The number of bytes that ZFS gives back when the kernel asks: what the ARC holds above its
/// minimum ("size" less "c_min"). Empty where the text lacks either.
std::optional<uint64_t> parseReclaimableArc(std::string_view text);

}  // namespace ebbcache

// /proc/meminfo.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "memory/snapshot.h"

namespace ebbcache {

/// Total and used memory of the machine, in bytes, from the text of /proc/meminfo. When it returns
/// false, `why` completes the sentence "The file ... ", and `out` is untouched.
bool parseMeminfo(std::string_view text, MemoryBound& out, std::string& why);

/// Swap of the machine, likewise. Leaves `out` empty where the text does not tell.
bool parseSwap(std::string_view text, std::optional<SwapUsage>& out, std::string& why);

}  // namespace ebbcache

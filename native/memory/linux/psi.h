// Pressure stall information: /proc/pressure/memory and the memory.pressure of groups.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "memory/snapshot.h"

namespace ebbcache {

/// The 10 s averages, in percent, from the text of a PSI file. False, and `out` untouched, when
/// one of the two lines is missing or malformed.
bool parsePsi(std::string_view text, PsiAverages& out);

/// For how long at least one task waited, in microseconds since the group was made. Empty when the
/// line is missing or malformed.
std::optional<uint64_t> parsePsiTotal(std::string_view text);

}  // namespace ebbcache

// Pressure stall information: /proc/pressure/memory and the memory.pressure of groups.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "memory/snapshot.h"

namespace ebbcache {

/// Parses the averages over 10 s, in percent, from the text of a PSI file. Returns false, and
/// leaves `out` untouched, where one of the two lines is missing or malformed.
bool parsePsi(std::string_view text, PsiAverages& out);

/// The time for which at least one task waited, in microseconds since the group was made. Empty
/// where the line is missing or malformed.
std::optional<uint64_t> parsePsiTotal(std::string_view text);

}  // namespace ebbcache

// /proc/self/statm.
#pragma once

#include <cstdint>
#include <string_view>

namespace ebbcache {

/// Resident and virtual size of a process, in bytes, from the text of its statm. False, and
/// outputs untouched, when it is malformed.
bool parseStatm(std::string_view text, uint64_t pageBytes, uint64_t& rss, uint64_t& virtualSize);

}  // namespace ebbcache

// /proc/self/statm.
#pragma once

#include <cstdint>
#include <string_view>

namespace ebbcache {

/// Parses the resident and the virtual size of a process, in bytes, from the text of its statm.
/// Returns false, and leaves the outputs untouched, where the text is malformed.
bool parseStatm(std::string_view text, uint64_t pageBytes, uint64_t& rss, uint64_t& virtualSize);

}  // namespace ebbcache

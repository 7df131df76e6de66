#include "memory/linux/process.h"

#include <limits>

#include "memory/linux/text.h"

namespace ebbcache {

bool parseStatm(std::string_view text, uint64_t pageBytes, uint64_t& rss, uint64_t& virtualSize) {
  const auto virtualPages = parseUint64(nextToken(text));
  const auto residentPages = parseUint64(nextToken(text));
  const uint64_t maxPages = std::numeric_limits<uint64_t>::max() / pageBytes;
  if (!virtualPages || !residentPages) return false;
  if (*virtualPages > maxPages || *residentPages > maxPages) return false;
  virtualSize = *virtualPages * pageBytes;
  rss = *residentPages * pageBytes;
  return true;
}

}  // namespace ebbcache

#include "memory/linux/arcstats.h"

#include "memory/linux/text.h"

namespace ebbcache {

std::optional<uint64_t> parseReclaimableArc(std::string_view text) {
  std::optional<uint64_t> size;
  std::optional<uint64_t> minimum;
  std::string_view line;
  // Lines are "name type data".
  while (nextLine(text, line)) {
    const std::string_view name = nextToken(line);
    if (name != "size" && name != "c_min") continue;
    nextToken(line);
    const auto bytes = parseUint64(nextToken(line));
    if (!bytes) return std::nullopt;
    (name == "size" ? size : minimum) = bytes;
  }
  if (!size || !minimum) return std::nullopt;
  return subtractSaturated(*size, *minimum);
}

}  // namespace ebbcache

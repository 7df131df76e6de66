#include "codec/field_paths.h"

#include <algorithm>
#include <utility>

namespace ebbcache {
namespace {

constexpr char kSeparator = '.';
constexpr char kRestOfName = '*';

/// The end of the name at the start of `rest` if it is `name`; npos otherwise.
size_t endOfName(std::string_view name, std::string_view rest) {
  if (rest.size() < name.size() || rest.compare(0, name.size(), name) != 0) return rest.npos;
  const bool ends = rest.size() == name.size() || rest[name.size()] == kSeparator;
  return ends ? name.size() : rest.npos;
}

/// The end of a pattern such as GPS* at the start of `rest` if `name` matches it; npos otherwise.
size_t endOfPattern(std::string_view name, std::string_view rest) {
  const size_t star = rest.find(kRestOfName);
  if (star == rest.npos || name.size() < star) return rest.npos;
  return name.compare(0, star, rest, 0, star) == 0 ? star + 1 : rest.npos;
}

}  // namespace

FieldPaths::FieldPaths(std::string text) : text_(std::move(text)) {
  const std::string_view all = text_;
  for (size_t begin = 0; begin < all.size();) {
    const size_t end = std::min(all.find('\0', begin), all.size());
    paths_.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
}

FieldPaths::Match FieldPaths::match(std::string_view name, const PathRests& rests,
                                    PathRests& inside) {
  inside.clear();
  for (const std::string_view rest : rests) {
    for (const size_t end : {endOfName(name, rest), endOfPattern(name, rest)}) {
      if (end == rest.npos) continue;
      if (end == rest.size()) return Match::kWhole;
      inside.push_back(rest.substr(end + 1));
    }
  }
  return inside.empty() ? Match::kNone : Match::kInside;
}

}  // namespace ebbcache

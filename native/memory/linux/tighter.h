// Which of two bounds comes first.
#pragma once

#include <optional>

namespace ebbcache {

/// `least` becomes `bound` where that has less room left. Equal ones change nothing.
template <class Bound>
void takeTighter(const std::optional<Bound>& bound, std::optional<Bound>& least) {
  if (!bound) return;
  if (!least || bound->limit - bound->used < least->limit - least->used) least = bound;
}

}  // namespace ebbcache

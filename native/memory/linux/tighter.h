// Chooses the tighter of two bounds.
#pragma once

#include <optional>

namespace ebbcache {

/// `tightest` becomes `bound` where that has fewer bytes available.
template <class Bound>
void takeTighter(const std::optional<Bound>& bound, std::optional<Bound>& tightest) {
  if (!bound) return;
  if (!tightest || bound->limit - bound->used < tightest->limit - tightest->used) tightest = bound;
}

}  // namespace ebbcache

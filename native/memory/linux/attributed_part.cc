#include "memory/linux/attributed_part.h"

#include <algorithm>

#include "memory/linux/text.h"

namespace ebbcache {

uint64_t AttributedPart::update(uint64_t group, uint64_t machine, uint64_t first) {
  if (!since_) since_ = Point{group, machine, first};
  const uint64_t gained = subtractSaturated(group, since_->group);
  const uint64_t lost = subtractSaturated(since_->group, group);
  const uint64_t gainedByMachine = subtractSaturated(machine, since_->machine);
  const uint64_t lostByMachine = subtractSaturated(since_->machine, machine);
  uint64_t part = addSaturated(since_->part, std::min(gained, gainedByMachine));
  part = subtractSaturated(part, std::min(lost, lostByMachine));
  part = std::min({part, group, machine});
  if (std::max(gained, lost) >= kStep) since_ = Point{group, machine, part};
  return part;
}

}  // namespace ebbcache

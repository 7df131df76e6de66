#include "memory/linux/psi_source.h"

#include <poll.h>

#include "memory/linux/psi.h"
#include "memory/linux/psi_trigger.h"

namespace ebbcache {

void PsiSource::arm() {
  if (!trigger_.isOpen()) trigger_ = openStallTrigger(path());
}

bool PsiSource::isStall(short found) {
  // The group was removed. A trigger that has ended has POLLPRI set as well from then on.
  if ((found & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
    trigger_.close();
    return false;
  }
  return (found & POLLPRI) != 0;
}

bool PsiSource::readStall(StallMeter::Clock::time_point now, FileBuffer& buffer) {
  if (trigger_.isOpen()) return false;
  std::string_view text;
  std::string ignored;
  if (file_.read(buffer, text, ignored) != FileResult::kRead) return false;
  const auto totalUs = parsePsiTotal(text);
  return totalUs && meter_.update(now, *totalUs);
}

}  // namespace ebbcache

#include "memory/linux/paced_psi.h"

#include "memory/linux/psi.h"

namespace ebbcache {

bool PacedPsi::read(Clock::time_point now, FileBuffer& buffer, std::optional<PsiAverages>& out,
                    std::string& error) {
  if (!averages_ || now - readAt_ >= kPeriod) {
    averages_.reset();
    std::string_view text;
    std::string ignored;
    if (file_.read(buffer, text, ignored) == FileResult::kRead) {
      PsiAverages averages;
      if (!parsePsi(text, averages)) {
        error = "The file " + file_.path() + " has malformed averages.";
        return false;
      }
      averages_ = averages;
      readAt_ = now;
    }
  }
  out = averages_;
  return true;
}

}  // namespace ebbcache

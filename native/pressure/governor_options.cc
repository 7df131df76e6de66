#include "pressure/governor_options.h"

#include <initializer_list>

#include "pressure/number_text.h"

namespace ebbcache {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDay = std::chrono::hours(24);

std::string outOfRange(const char* what, const std::string& is, const std::string& mustBe) {
  return std::string("The ") + what + " is " + is + ", but it must be " + mustBe + ".";
}

std::string whyNoInterval(const char* what, milliseconds value, milliseconds least) {
  if (value >= least && value <= kDay) return {};
  return outOfRange(what, std::to_string(value.count()) + " ms",
                    "from " + std::to_string(least.count()) + " ms to a day");
}

std::string whyNoTarget(const char* what, double target, double threshold) {
  // Negated, so that NaN is caught too.
  if (target > 0 && target <= threshold) return {};
  return outOfRange(
      what, numberText(target),
      "a percentage above 0 and at most the threshold of its level, " + numberText(threshold));
}

std::string whyNoShare(const char* what, double share, double most) {
  if (share >= 0 && share <= most) return {};
  return outOfRange(what, numberText(share), "from 0 to " + numberText(most));
}

}  // namespace

std::string GovernorOptions::whyInvalid() const {
  const bool steps = regrowStep > 0 && regrowStep <= 1;
  for (std::string why : {
           thresholds.whyInvalid(),
           whyNoInterval("interval", interval, milliseconds(1)),
           whyNoInterval("longest interval", longestInterval, interval),
           whyNoInterval("regrow interval", regrowInterval, milliseconds(1)),
           whyNoTarget("elevated target", targets.elevated, thresholds.elevated),
           whyNoTarget("high target", targets.high, thresholds.high),
           whyNoTarget("critical target", targets.critical, thresholds.critical),
           whyNoShare("elevated share", shares.elevated, 1),
           whyNoShare("high share", shares.high, shares.elevated),
           steps ? std::string()
                 : outOfRange("regrow step", numberText(regrowStep), "above 0 and at most 1"),
       }) {
    if (!why.empty()) return why;
  }
  return {};
}

}  // namespace ebbcache

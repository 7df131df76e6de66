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

std::string whyNoInterval(const char* what, milliseconds value, milliseconds min) {
  if (value >= min && value <= kDay) return {};
  return outOfRange(what, std::to_string(value.count()) + " ms",
                    "from " + std::to_string(min.count()) + " ms to a day");
}

std::string percentText(double share) {
  return numberText(100 * share) + " %";
}

std::string whyNoTarget(const char* what, double target, double threshold) {
  const double most = leaveBelow(threshold);
  // The condition is negated, so that it catches NaN too. A level with a higher target would never
  // be left.
  if (target > 0 && target <= most) return {};
  return outOfRange(what, numberText(target) + " %",
                    "above 0 and at most " + numberText(most) + " %, where its level is left");
}

std::string whyNoShare(const char* what, double share, double most) {
  if (share >= 0 && share <= most) return {};
  return outOfRange(what, percentText(share), "from 0 to " + percentText(most));
}

std::string whyNoStep(const char* what, double step) {
  if (step > 0 && step <= 1) return {};
  return outOfRange(what, percentText(step), "above 0 and at most 100 %");
}

}  // namespace

std::string GovernorOptions::whyInvalid() const {
  for (std::string why : {
           thresholds.whyInvalid(),
           whyNoInterval("interval", interval, milliseconds(1)),
           whyNoInterval("longest interval", longestInterval, interval),
           whyNoInterval("upkeep interval", upkeepInterval, milliseconds(1)),
           whyNoInterval("regrow interval", regrowInterval, milliseconds(1)),
           whyNoTarget("elevated target", targets.elevated, thresholds.elevated),
           whyNoTarget("high target", targets.high, thresholds.high),
           whyNoTarget("critical target", targets.critical, thresholds.critical),
           whyNoShare("elevated share", shares.elevated, 1),
           whyNoShare("high share", shares.high, shares.elevated),
           whyNoStep("regrow step", regrowStep),
       }) {
    if (!why.empty()) return why;
  }
  return {};
}

}  // namespace ebbcache

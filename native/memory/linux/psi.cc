#include "memory/linux/psi.h"

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

/// The kernel prints "12.34": always two decimals, always a point (strtod would follow the locale).
std::optional<double> parsePercent(std::string_view text) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos || text.size() - point != 3) return std::nullopt;
  const auto whole = parseUint64(text.substr(0, point));
  const auto hundredths = parseUint64(text.substr(point + 1));
  if (!whole || !hundredths || *whole > 100) return std::nullopt;
  return static_cast<double>(*whole) + static_cast<double>(*hundredths) / 100.0;
}

}  // namespace

bool parsePsi(std::string_view text, PsiAverages& out) {
  constexpr std::string_view kAverage = "avg10=";
  std::optional<double> some;
  std::optional<double> full;
  std::string_view line;
  while (nextLine(text, line)) {
    const std::string_view kind = nextToken(line);
    const std::string_view average = nextToken(line);
    if (average.substr(0, kAverage.size()) != kAverage) continue;
    if (kind == "some") some = parsePercent(average.substr(kAverage.size()));
    if (kind == "full") full = parsePercent(average.substr(kAverage.size()));
  }
  if (!some || !full) return false;
  out = PsiAverages{*some, *full};
  return true;
}

std::optional<uint64_t> parsePsiTotal(std::string_view text) {
  constexpr std::string_view kTotal = "total=";
  std::string_view line;
  while (nextLine(text, line)) {
    if (nextToken(line) != "some") continue;
    for (auto token = nextToken(line); !token.empty(); token = nextToken(line)) {
      if (token.substr(0, kTotal.size()) == kTotal) return parseUint64(token.substr(kTotal.size()));
    }
  }
  return std::nullopt;
}

}  // namespace ebbcache

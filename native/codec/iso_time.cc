#include "codec/iso_time.h"

namespace ebbcache {
namespace {

constexpr uint64_t kMsOfDay = 86'400'000;
constexpr uint64_t kDaysOf400Years = 146'097;

/// Writes a number of so many digits and the character behind it.
char* writeDigits(uint64_t number, unsigned digits, char behind, char* at) {
  for (unsigned i = digits; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
  at[digits] = behind;
  return at + digits + 1;
}

}  // namespace

char* writeIsoTime(uint64_t ms, char* at) {
  // Years that begin in March have the day of a leap year last. The first of March of the year 0
  // was 719,468 days before the epoch. The months from March on have 31, 30, 31, 30, 31 days, and
  // these five repeat: 153 days.
  const uint64_t day = ms / kMsOfDay + 719'468;
  const uint64_t era = day / kDaysOf400Years;
  const uint64_t dayOfEra = day % kDaysOf400Years;
  const uint64_t yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36'524 - dayOfEra / 146'096) / 365;
  const uint64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const uint64_t monthFromMarch = (5 * dayOfYear + 2) / 153;
  const uint64_t month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const uint64_t year = yearOfEra + 400 * era + (month <= 2 ? 1 : 0);
  const uint64_t time = ms % kMsOfDay;
  at = writeDigits(year, 4, '-', at);
  at = writeDigits(month, 2, '-', at);
  at = writeDigits(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, 2, 'T', at);
  at = writeDigits(time / 3'600'000, 2, ':', at);
  at = writeDigits(time / 60'000 % 60, 2, ':', at);
  at = writeDigits(time / 1000 % 60, 2, '.', at);
  return writeDigits(time % 1000, 3, 'Z', at);
}

}  // namespace ebbcache

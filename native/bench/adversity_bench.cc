// The behaviour of a store, and the duration of its calls, under adverse conditions. Prints numbers
// as lines of JSON.
//   ebbcache_adversity [CASE ...] [--huge]     runs all cases by default, except for that of 16 GiB
#include <cstdio>
#include <string>
#include <vector>

#include "bench/adversity.h"

namespace ebbcache::bench {
namespace {

struct Case {
  const char* name;
  void (*measure)();
};

constexpr Case kCases[] = {
    {"resizes", measureResizesHeldBack}, {"puts", measurePutsInAdversity},
    {"large", measureLargePutsRefused},  {"chances", measureSecondChances},
    {"expiry", measureExpiry},           {"gigabytes", measureResizeOfGigabytes},
};
constexpr Case kHuge = {"--huge", measurePutsWithoutSlots};

int run(const std::vector<std::string>& names) {
  if (names.empty()) {
    for (const Case& each : kCases) each.measure();
    return 0;
  }
  for (const std::string& name : names) {
    const Case* found = name == kHuge.name ? &kHuge : nullptr;
    for (const Case& each : kCases) {
      if (name == each.name) found = &each;
    }
    if (found == nullptr) {
      std::fprintf(stderr, "There is no case %s.\n", name.c_str());
      return 2;
    }
    found->measure();
  }
  return 0;
}

}  // namespace
}  // namespace ebbcache::bench

int main(int count, char** arguments) {
  return ebbcache::bench::run(std::vector<std::string>(arguments + 1, arguments + count));
}

// The checks of a fuzz target, which report a fault to the fuzzer.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace ebbcache::fuzz {

/// Ends the process where `holds` is false; the fuzzer then keeps the input as a finding.
inline void check(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", sentence);
  std::abort();
}

/// Does the same for a check that returns a sentence on the fault that it has found.
inline void checkNoFault(const std::string& fault) {
  check(fault.empty(), fault.c_str());
}

}  // namespace ebbcache::fuzz

// Numbers in sentences.
#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace ebbcache {

/// The shortest form of the number: 75, 0.5, nan.
inline std::string numberText(double number) {
  std::array<char, 32> text{};
  const int written = std::snprintf(text.data(), text.size(), "%g", number);
  return written > 0 ? text.data() : "?";
}

}  // namespace ebbcache

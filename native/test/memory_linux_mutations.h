// This makes random texts, and changes recorded ones at random.
#pragma once

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string>
#include <string_view>

#include "seeded_random.h"

namespace ebbcache::testing {

class Mutations {
 public:
  explicit Mutations(test::SeededRandom& random) : random_(random) {}

  /// Returns any bytes, many of which matter to parsers.
  std::string text(size_t maxBytes) {
    constexpr std::string_view kLikely = " \n\t:/-.\\0123456789kBx";
    std::string text;
    const size_t size = random_.skewedBelow(maxBytes + 1);
    for (size_t i = 0; i < size; ++i) {
      text += random_.oneIn(4) ? static_cast<char>(random_.below(256))
                               : kLikely[random_.below(kLikely.size())];
    }
    return text;
  }

  /// Makes up to eight changes of any kind.
  void mutate(std::string& text) {
    for (uint64_t i = random_.below(8) + 1; i > 0; --i) mutateOnce(text);
  }

 private:
  void mutateOnce(std::string& text) {
    const size_t at = random_.below(text.size() + 1);
    switch (random_.below(7)) {
      case 0:
        text.resize(at);
        break;
      case 1:
        text.erase(at, random_.skewedBelow(40));
        break;
      case 2:
        text.insert(at, this->text(40));
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(random_.below(256));
        break;
      case 4:
        moveLine(text, at);
        break;
      default:
        replaceNumber(text, at);
        break;
    }
  }

  /// Repeats the line at `at` somewhere else, or moves it there.
  void moveLine(std::string& text, size_t at) {
    const size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin) + "\n";
    if (random_.oneIn(2)) text.erase(begin, line.size());
    size_t to = text.find('\n', random_.below(text.size() + 1));
    to = to == std::string::npos ? 0 : to + 1;
    text.insert(to, line);
  }

  /// Replaces the next number behind `at`.
  void replaceNumber(std::string& text, size_t at) {
    const auto isDigit = [](unsigned char letter) { return std::isdigit(letter) != 0; };
    const auto begin =
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), isDigit);
    const auto end = std::find_if_not(begin, text.end(), isDigit);
    text.replace(begin, end, number());
  }

  std::string number() {
    switch (random_.below(8)) {
      case 0:
        return "0";
      case 1:
        return "18446744073709551615";
      case 2:
        return "18446744073709551616";
      case 3:
        return "9223372036854775808";
      case 4:
        return "18014398509481983";
      case 5:
        return "-1";
      default:
        return std::to_string(random_.below(uint64_t{1} << random_.below(64)));
    }
  }

  test::SeededRandom& random_;
};

}  // namespace ebbcache::testing

// Makes msgpack as the JavaScript codec writes it, for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "seeded_random.h"

namespace ebbcache::test {

inline void appendBigEndian(std::string& out, uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xff);
}

inline void appendText(std::string& out, std::string_view text) {
  if (text.size() < 0x20) {
    out += static_cast<char>(0xa0 | text.size());
  } else if (text.size() < 0x100) {
    out += static_cast<char>(0xd9);
    appendBigEndian(out, text.size(), 1);
  } else {
    out += static_cast<char>(0xda);
    appendBigEndian(out, text.size(), 2);
  }
  out += text;
}

/// The header of an array or a map of up to 65,535 members.
inline void appendMembers(std::string& out, bool isMap, uint64_t count) {
  if (count < 0x10) {
    out += static_cast<char>((isMap ? 0x80 : 0x90) | count);
  } else {
    out += static_cast<char>(isMap ? 0xde : 0xdc);
    appendBigEndian(out, count, 2);
  }
}

/// A map of texts.
inline std::string recordOf(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  appendMembers(out, true, fields.size());
  for (const auto& [name, value] : fields) {
    appendText(out, name);
    appendText(out, value);
  }
  return out;
}

class RandomMsgpack {
 public:
  explicit RandomMsgpack(uint64_t stream) : random_(stream) {}

  /// A value of up to some kB.
  std::string value() {
    std::string out;
    append(out, 0);
    return out;
  }
  SeededRandom& random() { return random_; }

 private:
  void append(std::string& out, unsigned depth) {
    switch (random_.below(depth < 5 ? 12 : 8)) {
      case 0:
        out += static_cast<char>(0xc0 + 2 * random_.below(2));
        return;
      case 1:
        out += static_cast<char>(random_.below(0x80));
        return;
      case 2:
        out += static_cast<char>(0xcb);
        appendBigEndian(out, random_.below(UINT64_MAX), 8);
        return;
      case 3:
        out += static_cast<char>(0xd1);
        appendBigEndian(out, random_.below(1 << 16), 2);
        return;
      case 4:
      case 5:
        return appendText(out, std::string(random_.skewedBelow(600), 'a'));
      case 6:
        out += std::string("\xd6\xff\1\2\3\4", 6);
        return;
      case 7:
        out += std::string("\xc7\3\x42\1\2\3", 6);
        return;
      case 8:
        return appendArray(out, depth);
      case 9:
        // A box: what it announces is a list.
        out += std::string("\xd4\x7d\0", 3);
        return appendArray(out, depth);
      default:
        return appendMap(out, depth);
    }
  }

  void appendArray(std::string& out, unsigned depth) {
    const uint64_t count = random_.skewedBelow(20);
    appendMembers(out, false, count);
    for (uint64_t i = 0; i < count; ++i) append(out, depth + 1);
  }

  void appendMap(std::string& out, unsigned depth) {
    const uint64_t count = random_.skewedBelow(20);
    appendMembers(out, true, count);
    for (uint64_t i = 0; i < count; ++i) {
      std::string name = "name " + std::to_string(random_.skewedBelow(400));
      if (random_.oneIn(20)) name += std::string(random_.below(300), 'n');
      appendText(out, name);
      append(out, depth + 1);
    }
  }

  SeededRandom random_;
};

}  // namespace ebbcache::test

#include "memory/linux/mountinfo.h"

#include <utility>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

bool isOctal(char letter) {
  return letter >= '0' && letter <= '7';
}

/// The kernel writes blanks, newlines and backslashes as a backslash and three octal digits.
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool escaped = text[at] == '\\' && at + 3 < text.size() && isOctal(text[at + 1]) &&
                         isOctal(text[at + 2]) && isOctal(text[at + 3]);
    if (!escaped) {
      plain.push_back(text[at]);
      continue;
    }
    const int code = (text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0');
    plain.push_back(static_cast<char>(code & 0xFF));
    at += 3;
  }
  return plain;
}

}  // namespace

/// Lines have the form "id parent device root mount-point options [tag ...] - type source
/// super-options".
std::vector<Mount> parseMountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  std::string_view line;
  while (nextLine(text, line)) {
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    std::string_view left = line.substr(0, dash);
    std::string_view right = line.substr(dash + 3);
    for (int field = 0; field < 3; ++field) nextToken(left);
    Mount mount;
    mount.root = unescape(nextToken(left));
    mount.point = unescape(nextToken(left));
    mount.type = nextToken(right);
    // The source before the options may be empty, which leaves two blanks.
    mount.superOptions = right.substr(right.rfind(' ') + 1);
    if (!mount.point.empty()) mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace ebbcache

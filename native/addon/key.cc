#include "addon/key.h"

#include "store/entry.h"

namespace ebbcache {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool isHighSurrogate(char16_t unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool isLowSurrogate(char16_t unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

/// Whether the string has no lone surrogate: two keys that differ in those would be one in UTF-8.
bool isWellFormed(napi_env env, napi_value value) {
  size_t units = 0;
  if (napi_get_value_string_utf16(env, value, nullptr, 0, &units) != napi_ok) return false;
  std::u16string text(units + 1, u'\0');
  napi_get_value_string_utf16(env, value, text.data(), text.size(), &units);
  for (size_t i = 0; i < units; ++i) {
    if (isLowSurrogate(text[i])) return false;
    // What follows the last unit is a zero.
    if (isHighSurrogate(text[i]) && !isLowSurrogate(text[++i])) return false;
  }
  return true;
}

}  // namespace

Key::Key(napi_env env, napi_value value) {
  size_t bytes = 0;
  if (napi_get_value_string_utf8(env, value, short_, sizeof short_, &bytes) != napi_ok) return;
  view_ = {short_, bytes};
  // Cut off, perhaps: a character has up to four bytes and is never split.
  if (bytes + 4 >= sizeof short_ && !readLong(env, value)) return;
  // A lone surrogate was written so, but the character itself may be meant.
  const bool replaced = view_.find(kReplacement) != std::string_view::npos;
  ok_ = !view_.empty() && (!replaced || isWellFormed(env, value));
}

bool Key::readLong(napi_env env, napi_value value) {
  size_t bytes = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &bytes) != napi_ok) return false;
  if (bytes > kMaxKeyBytes) return false;
  long_.resize(bytes + 1);
  napi_get_value_string_utf8(env, value, long_.data(), long_.size(), &bytes);
  view_ = {long_.data(), bytes};
  return true;
}

}  // namespace ebbcache

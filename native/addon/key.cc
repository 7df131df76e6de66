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

/// Whether the string has no lone surrogate: two keys that differ only in those would be one in
/// UTF-8.
bool isWellFormed(napi_env env, napi_value value) {
  size_t units = 0;
  if (napi_get_value_string_utf16(env, value, nullptr, 0, &units) != napi_ok) return false;
  std::u16string text(units + 1, u'\0');
  napi_get_value_string_utf16(env, value, text.data(), text.size(), &units);
  for (size_t i = 0; i < units; ++i) {
    if (isLowSurrogate(text[i])) return false;
    // The unit behind the last one is a zero.
    if (isHighSurrogate(text[i]) && !isLowSurrogate(text[++i])) return false;
  }
  return true;
}

bool isKey(napi_env env, napi_value value, std::string_view text) {
  // U+FFFD stands for a lone surrogate, but the character itself may be meant.
  const bool replaced = text.find(kReplacement) != std::string_view::npos;
  return !text.empty() && (!replaced || isWellFormed(env, value));
}

}  // namespace

Key::Key(napi_env env, napi_value value)
    : text_(env, value, kMaxKeyBytes), ok_(isKey(env, value, text_.view())) {}

}  // namespace ebbcache

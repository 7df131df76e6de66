// A JavaScript string as UTF-8, on the stack unless it is long.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace ebbcache {

class Utf8 {
 public:
  /// Reads at most `maxBytes`; of a longer string it reads nothing.
  Utf8(napi_env env, napi_value value, size_t maxBytes) {
    size_t bytes = 0;
    if (napi_get_value_string_utf8(env, value, short_, sizeof short_, &bytes) != napi_ok) return;
    isString_ = true;
    view_ = {short_, bytes};
    // The string may be cut off: a character has up to four bytes and is never split.
    if (bytes + 4 >= sizeof short_) readLong(env, value, maxBytes);
  }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

  bool isString() const { return isString_; }
  bool tooLong() const { return tooLong_; }
  /// The bytes, with a NUL behind their end, and U+FFFD for each lone surrogate.
  std::string_view view() const { return view_; }

 private:
  void readLong(napi_env env, napi_value value, size_t maxBytes);

  char short_[512];
  std::string long_;
  std::string_view view_;
  bool isString_ = false;
  bool tooLong_ = false;
};

}  // namespace ebbcache

// A JavaScript string as UTF-8, on the stack unless it is long.
#pragma once

#include <napi.h>

#include <string>
#include <string_view>

namespace ebbcache {

class Key {
 public:
  /// With a TypeError pending, and ok() false, for anything but a string.
  Key(Napi::Env env, napi_value value) {
    size_t bytes = 0;
    if (napi_get_value_string_utf8(env, value, short_, sizeof short_, &bytes) != napi_ok) {
      Napi::TypeError::New(env, "A key must be a string.").ThrowAsJavaScriptException();
      return;
    }
    ok_ = true;
    view_ = {short_, bytes};
    // Cut off, perhaps: a character has up to four bytes and is never split.
    if (bytes + 4 < sizeof short_) return;
    napi_get_value_string_utf8(env, value, nullptr, 0, &bytes);
    long_.resize(bytes + 1);
    napi_get_value_string_utf8(env, value, long_.data(), long_.size(), &bytes);
    view_ = {long_.data(), bytes};
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  bool ok() const { return ok_; }
  std::string_view view() const { return view_; }

 private:
  char short_[512];
  std::string long_;
  std::string_view view_;
  bool ok_ = false;
};

}  // namespace ebbcache

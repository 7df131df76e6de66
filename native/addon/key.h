// A JavaScript string as UTF-8, on the stack unless it is long.
#pragma once

#include <napi.h>

#include <string>
#include <string_view>

#include "store/entry.h"

namespace ebbcache {

class Key {
 public:
  /// With an exception pending, and ok() false, for anything but a string of kMaxKeyBytes at most.
  Key(Napi::Env env, napi_value value) {
    size_t bytes = 0;
    if (napi_get_value_string_utf8(env, value, short_, sizeof short_, &bytes) != napi_ok) {
      napi_throw_type_error(env, "ERR_EBBCACHE_ARGUMENT", "A key must be a string.");
      return;
    }
    view_ = {short_, bytes};
    // Cut off, perhaps: a character has up to four bytes and is never split.
    ok_ = bytes + 4 < sizeof short_;
    if (ok_) return;
    napi_get_value_string_utf8(env, value, nullptr, 0, &bytes);
    if (bytes > kMaxKeyBytes) {
      napi_throw_range_error(env, "ERR_EBBCACHE_ARGUMENT", "A key has 65,535 bytes at most.");
      return;
    }
    ok_ = true;
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

// A JavaScript string as UTF-8, on the stack unless it is long.
#pragma once

#include <node_api.h>

#include <string>
#include <string_view>

namespace ebbcache {

class Key {
 public:
  /// ok() is false for anything but a well-formed string of 1 to kMaxKeyBytes bytes.
  Key(napi_env env, napi_value value);
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  bool ok() const { return ok_; }
  std::string_view view() const { return view_; }

 private:
  bool readLong(napi_env env, napi_value value);

  char short_[512];
  std::string long_;
  std::string_view view_;
  bool ok_ = false;
};

}  // namespace ebbcache

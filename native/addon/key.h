// A JavaScript string as the key of an entry.
#pragma once

#include <node_api.h>

#include <string_view>

#include "addon/utf8.h"

namespace ebbcache {

class Key {
 public:
  /// ok() is false for anything but a well-formed string of 1 to kMaxKeyBytes bytes.
  Key(napi_env env, napi_value value);

  bool ok() const { return ok_; }
  std::string_view view() const { return text_.view(); }

 private:
  const Utf8 text_;
  bool ok_;
};

}  // namespace ebbcache

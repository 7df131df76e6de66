#include "addon/utf8.h"

namespace ebbcache {

void Utf8::readLong(napi_env env, napi_value value, size_t maxBytes) {
  size_t bytes = 0;
  isString_ = napi_get_value_string_utf8(env, value, nullptr, 0, &bytes) == napi_ok;
  tooLong_ = bytes > maxBytes;
  view_ = {};
  if (!isString_ || tooLong_) return;
  long_.resize(bytes + 1);
  napi_get_value_string_utf8(env, value, long_.data(), long_.size(), &bytes);
  view_ = {long_.data(), bytes};
}

}  // namespace ebbcache

// The bytes of a Uint8Array as the engine reports them: properties of the array may be forged.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <string_view>

namespace ebbcache {

class Uint8ArrayBytes {
 public:
  /// ok() is false for any other value.
  Uint8ArrayBytes(napi_env env, napi_value value) {
    napi_typedarray_type type = napi_int8_array;
    void* data = nullptr;
    ok_ = napi_get_typedarray_info(env, value, &type, &size_, &data, nullptr, nullptr) == napi_ok &&
          type == napi_uint8_array;
    if (ok_) {
      bytes_ = static_cast<char*>(data);
    } else {
      size_ = 0;
    }
  }

  bool ok() const { return ok_; }
  /// Null where there are none.
  char* data() const { return bytes_; }
  size_t size() const { return size_; }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  char* bytes_ = nullptr;
  size_t size_ = 0;
  bool ok_ = false;
};

}  // namespace ebbcache

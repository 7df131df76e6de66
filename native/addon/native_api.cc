#include "addon/native_api.h"

#include "cabi/library.h"
#include "cabi/table.h"
#include "ebbcache_node.h"

namespace ebbcache {

Napi::Value nativeApi(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!pinLibrary()) {
    napi_throw_error(env, "ERR_EBBCACHE_ADDON",
                     "The system does not let ebbcache's library stay loaded.");
    return {};
  }
  napi_value table = nullptr;
  // Node's interface has no constant data; nobody writes to it.
  void* const data = const_cast<ebbcache_api*>(nativeApiTable());
  if (napi_create_external(env, data, nullptr, nullptr, &table) != napi_ok ||
      napi_type_tag_object(env, table, &ebbcache_api_type_tag) != napi_ok) {
    return {};
  }
  return {env, table};
}

}  // namespace ebbcache

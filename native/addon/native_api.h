// The C interface, as JavaScript passes it on to other addons.
#pragma once

#include <napi.h>

namespace ebbcache {

/// (): returns an external with the type tag of ebbcache_node.h that holds the table. Throws an
/// Error where the system does not let this library stay loaded.
Napi::Value nativeApi(const Napi::CallbackInfo& info);

}  // namespace ebbcache

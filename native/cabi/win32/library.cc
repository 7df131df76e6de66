#include "cabi/library.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

namespace ebbcache {

bool pinLibrary() {
  static const char insideThisLibrary = 0;
  HMODULE module = nullptr;
  return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                            reinterpret_cast<LPCWSTR>(&insideThisLibrary), &module) != 0;
}

}  // namespace ebbcache

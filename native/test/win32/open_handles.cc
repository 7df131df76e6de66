#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include "open_handles.h"

#include <windows.h>

#include <cstdint>

namespace ebbcache::testing {

size_t countOpenHandles() {
  // Wine's GetProcessHandleCount returns 0. The system gives out the lowest free numbers first.
  constexpr uintptr_t kStep = 4;
  constexpr uintptr_t kEnd = 4096 * kStep;
  size_t count = 0;
  for (uintptr_t number = kStep; number < kEnd; number += kStep) {
    DWORD flags = 0;
    if (::GetHandleInformation(reinterpret_cast<HANDLE>(number), &flags)) ++count;
  }
  return count;
}

}  // namespace ebbcache::testing

// Opens files that are plain files, with full sharing for others.
#pragma once

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <memory>
#include <string>
#include <type_traits>

namespace ebbcache {

struct CloseHandleOf {
  void operator()(HANDLE handle) const { (void)::CloseHandle(handle); }
};
/// Null for none, and never INVALID_HANDLE_VALUE.
using Handle = std::unique_ptr<std::remove_pointer_t<HANDLE>, CloseHandleOf>;

/// It stands for an error of the system where the path leads to no plain file.
constexpr DWORD kNotPlain = ~DWORD{0};

/// `access` is GENERIC_READ, with GENERIC_WRITE or without, and `creation` OPEN_EXISTING or
/// OPEN_ALWAYS. Returns null, with the reason in `error`, where that fails: that of GetLastError(),
/// or kNotPlain.
Handle openPlainFile(const std::string& path, DWORD access, DWORD creation, DWORD& error);

/// The system's own text about an error.
std::string reasonOf(DWORD error);

}  // namespace ebbcache

// Opening files that are nothing but files, of which others may do with them what they like
// meanwhile.
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

/// In place of a number of the system: what is at the path is no plain file.
constexpr DWORD kNotPlain = ~DWORD{0};

/// `access` is GENERIC_READ, with GENERIC_WRITE or without, and `creation` OPEN_EXISTING or
/// OPEN_ALWAYS. Null, with the reason in `error`: what GetLastError() gave, or kNotPlain.
Handle openPlainFile(const std::string& path, DWORD access, DWORD creation, DWORD& error);

/// In the system's words.
std::string reasonOf(DWORD error);

}  // namespace ebbcache

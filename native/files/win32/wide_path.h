// Paths for the calls of Windows that take UTF-16.
#pragma once

#include <string>
#include <string_view>

namespace ebbcache {

/// The path as CreateFileW takes it, whatever its length, with the system's slashes. Empty, with
/// the reason in GetLastError(), for what is no UTF-8, has a NUL or cannot be a path.
std::wstring widePathOf(std::string_view path);

/// UTF-8 with U+FFFD for what is none.
std::wstring toWide(std::string_view text);

/// The path itself, or for one that is too long for some calls, from the root and marked as not to
/// be cut at MAX_PATH. Empty when there is no such path.
std::wstring openablePath(std::wstring path);

}  // namespace ebbcache

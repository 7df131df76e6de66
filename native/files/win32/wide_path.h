// Paths for the calls of Windows that take UTF-16.
#pragma once

#include <string>
#include <string_view>

namespace ebbcache {

/// Converts the path to the form that CreateFileW takes, whatever its length, with the system's
/// slashes. Empty, with the reason in GetLastError(), for invalid UTF-8, a NUL, or a path that
/// cannot be.
std::wstring widePathOf(std::string_view path);

/// Converts to UTF-8, with U+FFFD for invalid units.
std::wstring toWide(std::string_view text);

/// The path itself, or where it is too long for some calls, the path from the root with the mark
/// that lifts MAX_PATH. Empty when there is no such path.
std::wstring openablePath(std::wstring path);

}  // namespace ebbcache

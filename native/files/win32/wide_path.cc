#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include "files/win32/wide_path.h"

#include <windows.h>

#include <algorithm>
#include <utility>

namespace ebbcache {
namespace {

/// From this length on, CreateFile takes a path only in the form of longPath(): MAX_PATH less the
/// 12 characters that a folder must leave for names in it.
constexpr size_t kLongUnits = 248;

/// Empty for invalid UTF-8, if `flags` say so.
std::wstring convert(std::string_view text, DWORD flags) {
  const int bytes = static_cast<int>(text.size());
  const int units = ::MultiByteToWideChar(CP_UTF8, flags, text.data(), bytes, nullptr, 0);
  std::wstring wide(static_cast<size_t>(units), L'\0');
  (void)::MultiByteToWideChar(CP_UTF8, flags, text.data(), bytes, wide.data(), units);
  return wide;
}

std::wstring longPath(const std::wstring& path) {
  const DWORD room = ::GetFullPathNameW(path.c_str(), 0, nullptr, nullptr);
  if (room == 0) return {};
  std::wstring full(room, L'\0');
  const DWORD units = ::GetFullPathNameW(path.c_str(), room, full.data(), nullptr);
  if (units == 0 || units >= room) return {};
  full.resize(units);
  if (full.rfind(L"\\\\?\\", 0) == 0 || full.rfind(L"\\\\.\\", 0) == 0) return full;
  if (full.rfind(L"\\\\", 0) == 0) return L"\\\\?\\UNC" + full.substr(1);
  return L"\\\\?\\" + full;
}

}  // namespace

std::wstring toWide(std::string_view text) {
  return convert(text, 0);
}

std::wstring openablePath(std::wstring path) {
  return path.size() < kLongUnits ? std::move(path) : longPath(path);
}

std::wstring widePathOf(std::string_view path) {
  // No path has more bytes in UTF-8, as it has at most 32,767 units in UTF-16.
  constexpr size_t kMaxPathBytes = size_t{3} * 32767;
  if (path.empty() || path.size() > kMaxPathBytes || path.find('\0') != std::string_view::npos) {
    ::SetLastError(ERROR_INVALID_NAME);
    return {};
  }
  std::wstring wide = convert(path, MB_ERR_INVALID_CHARS);
  std::replace(wide.begin(), wide.end(), L'/', L'\\');
  return wide.empty() ? wide : openablePath(std::move(wide));
}

}  // namespace ebbcache

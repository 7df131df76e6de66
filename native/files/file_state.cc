#include "files/file_state.h"

namespace ebbcache {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

FileState stateOfFile(std::string_view path) {
  // The system would look at what is before it.
  if (path.find('\0') != std::string_view::npos) return FileState::none(NoState::kHasNul);
  const FileState state = lookAtFile(path);
  const bool mistaken =
      state.kind() == FileKind::kAbsent && path.find(kReplacement) != std::string_view::npos;
  return mistaken ? FileState::none(NoState::kNotUtf8) : state;
}

}  // namespace ebbcache

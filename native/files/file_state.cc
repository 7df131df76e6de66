#include "files/file_state.h"

namespace ebbcache {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

FileState stateOfFile(std::string_view path) {
  // The system would use only the part before the NUL.
  if (path.find('\0') != std::string_view::npos) return FileState::none(NoState::kHasNul);
  const FileState state = statFile(path);
  const bool mistaken =
      state.kind() == FileKind::kAbsent && path.find(kReplacement) != std::string_view::npos;
  return mistaken ? FileState::none(NoState::kNotUtf8) : state;
}

}  // namespace ebbcache

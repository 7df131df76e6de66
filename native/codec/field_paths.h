// The fields that a reader asks for, as paths: names with '.' between them, and '*' for the rest of
// a name.
//
//   "Make"         the field of this name
//   "GPS*"         all fields whose names begin with GPS
//   "Lens.Model"   the field Model of the object Lens, or the field whose name is Lens.Model
//   "Tracks.*"     all fields of the object Tracks, or of each object in the array Tracks
//
// A name may contain '.', so a path is not split: it is matched by what is left of it, the rest,
// which begins with the name of a field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ebbcache {

/// What is left of each path at an object.
using PathRests = std::vector<std::string_view>;

class FieldPaths {
 public:
  /// `text` has the paths one after the other, with a NUL behind each one but the last; empty text
  /// has no path.
  explicit FieldPaths(std::string text);
  FieldPaths(const FieldPaths&) = delete;
  FieldPaths& operator=(const FieldPaths&) = delete;

  const std::string& text() const { return text_; }
  const PathRests& all() const { return paths_; }

  enum class Match : uint8_t {
    kNone,
    /// The field is asked for, with all that is in it.
    kWhole,
    /// Fields in it may be asked for.
    kInside,
  };
  /// Matches a name with the rests of an object. For kInside, `inside` is what is left of them.
  static Match match(std::string_view name, const PathRests& rests, PathRests& inside);

 private:
  const std::string text_;
  PathRests paths_;
};

}  // namespace ebbcache

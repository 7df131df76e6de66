// The state of a file, which changes whenever its content does. One system call on its path finds
// it; the file itself is not read. It has the same 32 bytes on every system, so that it can be
// stored beside what was made of the file and compared as bytes. Numbers are little-endian:
//
//    0      1      2        4           8              16                24               32
//   +------+------+--------+-----------+--------------+-----------------+----------------+
//   | kind | why  | 0      | volume    | size         | modified        | inode          |
//   +------+------+--------+-----------+--------------+-----------------+----------------+
//     u8     u8     u16      u32         u64, bytes     i64, ns           u64
//
//   kind      none    there is no state, and `why` says why: a byte of its own, so that one buffer
//                     tells of both; all else is zero
//             absent  nothing is there; all else is zero
//             file    a regular file; `why` is zero
//   volume    Windows: its serial number, as indexes of files are unique within a volume. Elsewhere
//             zero: the number of a device may be another after a restart
//   modified  since 1970; on Windows the last write, since 1601, in whole 100 ns. Times beyond
//             64 bits wrap around
//   inode     Windows: the file's index
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ebbcache {

enum class FileKind : uint8_t { kNone, kAbsent, kRegular };

/// Why a path has no state. lib/native/addon.ts has the same numbers.
enum class NoState : uint8_t {
  /// The path has a state.
  kNone,
  kFolder,
  /// A device, a FIFO or a socket.
  kSpecial,
  /// Symbolic links that lead in a circle, or are too many.
  kLoop,
  kForbidden,
  kTooLong,
  kHasNul,
  /// Nothing is there, and the path has the character that decoders write for bytes that they
  /// cannot read: the file most likely has another name.
  kNotUtf8,
  /// The system reports another error, e.g. that the disk fails.
  kUnreadable,
};

struct FileFacts {
  uint64_t size = 0;
  int64_t modifiedNs = 0;
  uint64_t inode = 0;
  uint32_t volume = 0;
};

class FileState {
 public:
  static constexpr size_t kBytes = 32;

  static FileState absent() { return FileState(FileKind::kAbsent, NoState::kNone); }
  static FileState none(NoState why) { return FileState(FileKind::kNone, why); }
  static FileState regular(const FileFacts& facts) {
    FileState state(FileKind::kRegular, NoState::kNone);
    state.write(4, facts.volume);
    state.write(8, facts.size);
    state.write(16, static_cast<uint64_t>(facts.modifiedNs));
    state.write(24, facts.inode);
    return state;
  }

  FileKind kind() const { return static_cast<FileKind>(bytes_[0]); }
  NoState why() const { return static_cast<NoState>(bytes_[1]); }
  std::string_view bytes() const { return {bytes_, kBytes}; }

  friend bool operator==(const FileState& a, const FileState& b) { return a.bytes() == b.bytes(); }
  friend bool operator!=(const FileState& a, const FileState& b) { return !(a == b); }

 private:
  FileState(FileKind kind, NoState why) : bytes_{static_cast<char>(kind), static_cast<char>(why)} {}

  template <typename Number>
  void write(size_t at, Number number) {
    for (size_t i = 0; i < sizeof number; ++i) {
      bytes_[at + i] = static_cast<char>(static_cast<uint8_t>(number >> (8 * i)));
    }
  }

  char bytes_[kBytes];
};

/// Returns the state of the file at the path, which is UTF-8 with U+FFFD in place of invalid bytes,
/// and has a NUL behind its end. Follows symbolic links, and never waits for the other end of a
/// FIFO.
FileState stateOfFile(std::string_view path);

/// A backend's part of it, for a path with no NUL in it.
FileState statFile(std::string_view path);

}  // namespace ebbcache

#include "codec/projection.h"

#include <utility>

#include "codec/msgpack_reader.h"

namespace ebbcache {
namespace {

/// lib/codec/boxes.ts: an object whose keys no map can have, as a list of keys and values.
constexpr uint8_t kObjectBox = 0x7e;
constexpr char kEmptyMap = static_cast<char>(0x80);
/// The codec writes no more than 256 levels, each of which may be a box.
constexpr unsigned kMaxDepth = 520;

bool isObjectBox(const MsgpackToken& token) {
  return token.isBox() && token.type == kObjectBox;
}

/// Writes another count into the header of a map or an array, in as many bytes as it has.
void writeCount(char* header, uint64_t count) {
  const auto first = static_cast<uint8_t>(*header);
  const bool isSmall = first < 0xa0;
  if (isSmall) {
    *header = static_cast<char>((first & 0xf0) | count);
    return;
  }
  const bool hasFourBytes = first == 0xdd || first == 0xdf;
  for (unsigned bytes = hasFourBytes ? 4 : 2; bytes != 0; --bytes, count >>= 8) {
    header[bytes] = static_cast<char>(count & 0xff);
  }
}

}  // namespace

/// One walk over one value.
class Projection::Walk {
 public:
  Walk(Projection& projection, std::string_view value, const Dictionary* names, ByteBuffer& out)
      : projection_(projection), names_(names), reader_(value), out_(out) {}

  bool writeAll() {
    const size_t begin = out_.size();
    if (write(projection_.paths_.all(), 0) == Result::kMalformed || !reader_.atEnd()) return false;
    if (out_.size() == begin) out_.append(kEmptyMap);
    return true;
  }

 private:
  enum class Result : uint8_t { kMatched, kUnmatched, kMalformed };

  /// Writes what is left of the next value, or part of it where it is unmatched.
  Result write(const PathRests& rests, unsigned depth) {
    const MsgpackReader start = reader_;
    MsgpackToken token;
    if (!reader_.next(token)) return Result::kMalformed;
    if (depth < kMaxDepth && token.kind == MsgpackKind::kMap) {
      out_.append(since(start.at()));
      return writeFields(token.number, 1, start.at(), rests, depth);
    }
    if (depth < kMaxDepth && token.kind == MsgpackKind::kArray) {
      out_.append(since(start.at()));
      return writeMembers(token.number, rests, depth);
    }
    if (depth < kMaxDepth && isObjectBox(token)) {
      const char* const list = reader_.at();
      if (!reader_.next(token) || token.kind != MsgpackKind::kArray || token.number % 2 != 0) {
        return Result::kMalformed;
      }
      out_.append(since(start.at()));
      return writeFields(token.number / 2, 2, list, rests, depth);
    }
    reader_ = start;
    return reader_.skip() ? Result::kUnmatched : Result::kMalformed;
  }

  /// Writes the fields that match, behind the header that was written last: it begins at `header`
  /// in the value and counts `counted` for each field.
  Result writeFields(uint64_t count, unsigned counted, const char* header, const PathRests& rests,
                     unsigned depth) {
    const size_t headerAt = out_.size() - since(header).size();
    uint64_t matched = 0;
    PathRests inside;
    for (uint64_t i = 0; i < count; ++i) {
      const char* const key = reader_.at();
      FieldPaths::Match match = FieldPaths::Match::kNone;
      if (!readKey(rests, match, inside)) return Result::kMalformed;
      if (match == FieldPaths::Match::kInside) {
        const size_t at = out_.size();
        out_.append(since(key));
        const Result result = write(inside, depth + 1);
        if (result == Result::kMalformed) return result;
        if (result == Result::kUnmatched) out_.endAt(out_.data() + at);
        if (result == Result::kMatched) ++matched;
        continue;
      }
      if (!reader_.skip()) return Result::kMalformed;
      if (match == FieldPaths::Match::kNone) continue;
      out_.append(since(key));
      ++matched;
    }
    writeCount(out_.data() + headerAt, matched * counted);
    return matched == 0 ? Result::kUnmatched : Result::kMatched;
  }

  /// Writes as many members as there are.
  Result writeMembers(uint64_t count, const PathRests& rests, unsigned depth) {
    bool hasMatch = false;
    for (uint64_t i = 0; i < count; ++i) {
      const size_t at = out_.size();
      const Result result = write(rests, depth + 1);
      if (result == Result::kMalformed) return result;
      if (result == Result::kMatched) hasMatch = true;
      if (result == Result::kUnmatched) {
        out_.endAt(out_.data() + at);
        out_.append(kEmptyMap);
      }
    }
    return hasMatch ? Result::kMatched : Result::kUnmatched;
  }

  /// Returns false for what is no key.
  bool readKey(const PathRests& rests, FieldPaths::Match& match, PathRests& inside) {
    const bool isRoot = &rests == &projection_.paths_.all();
    uint8_t small = 0;
    // Most keys are the numbers of names that no path begins with.
    if (isRoot && names_ != nullptr && reader_.nextFixint(small)) {
      return matchName(small, isRoot, rests, match, inside);
    }
    MsgpackToken key;
    if (!reader_.next(key)) return false;
    if (key.kind == MsgpackKind::kUnsigned && names_ != nullptr) {
      return matchName(key.number, isRoot, rests, match, inside);
    }
    if (key.kind == MsgpackKind::kString) {
      if (isRoot && !projection_.mayMatch(key.body)) return true;
      match = FieldPaths::match(key.body, rests, inside);
      return true;
    }
    if (key.kind == MsgpackKind::kArray || key.kind == MsgpackKind::kMap || key.isBox()) {
      return false;
    }
    // No path can name such a key, one that is not well-formed for example, but '*' matches it.
    match = FieldPaths::match({}, rests, inside);
    return true;
  }

  /// Returns false for the number of no name.
  bool matchName(uint64_t number, bool isRoot, const PathRests& rests, FieldPaths::Match& match,
                 PathRests& inside) const {
    if (number >= names_->nameCount()) return false;
    if (isRoot && projection_.byNumber_[number] == 0) return true;
    match = FieldPaths::match(names_->name(static_cast<uint32_t>(number)), rests, inside);
    return true;
  }

  /// The bytes of the value from there to the next one to be read.
  std::string_view since(const char* begin) const {
    return {begin, static_cast<size_t>(reader_.at() - begin)};
  }

  Projection& projection_;
  const Dictionary* const names_;
  MsgpackReader reader_;
  ByteBuffer& out_;
};

Projection::Projection(std::string paths) : paths_(std::move(paths)) {
  for (const std::string_view path : paths_.all()) {
    if (path.empty()) continue;
    if (path[0] == '*') firstBytes_.fill(true);
    firstBytes_[static_cast<uint8_t>(path[0])] = true;
  }
}

bool Projection::write(std::string_view value, const Dictionary* names, ByteBuffer& out) {
  if (names != nullptr && names->id() != dictionaryId_) compareWith(*names);
  return Walk(*this, value, names, out).writeAll();
}

void Projection::compareWith(const Dictionary& names) {
  PathRests inside;
  byNumber_.resize(names.nameCount());
  for (uint32_t number = 0; number < names.nameCount(); ++number) {
    byNumber_[number] =
        FieldPaths::match(names.name(number), paths_.all(), inside) != FieldPaths::Match::kNone;
  }
  dictionaryId_ = names.id();
}

bool Projection::mayMatch(std::string_view name) const {
  return name.empty() || firstBytes_[static_cast<uint8_t>(name[0])];
}

}  // namespace ebbcache

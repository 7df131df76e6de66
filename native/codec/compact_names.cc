#include "codec/compact_names.h"

#include <optional>

#include "codec/map_keys.h"

namespace ebbcache {
namespace {

void appendNumber(ByteBuffer& out, uint32_t number) {
  if (number >= 0x80) out.append(static_cast<char>(number < 0x100 ? 0xcc : 0xcd));
  if (number >= 0x100) out.append(static_cast<char>(number >> 8));
  out.append(static_cast<char>(number));
}

void appendName(ByteBuffer& out, std::string_view name) {
  if (name.size() < 0x20) {
    out.append(static_cast<char>(0xa0 | name.size()));
  } else {
    out.append(static_cast<char>(0xd9));
    out.append(static_cast<char>(name.size()));
  }
  out.append(name);
}

/// The bytes that a name takes.
size_t nameBytes(std::string_view name) {
  return name.size() + (name.size() < 0x20 ? 1 : 2);
}

/// The bytes that a number takes.
size_t numberBytes(uint32_t number) {
  return number < 0x80 ? 1 : number < 0x100 ? 2 : 3;
}

}  // namespace

bool replaceNames(std::string_view value, const Dictionary& dictionary, size_t begun,
                  ByteBuffer& out) {
  if (!out.reset(begun, value.size())) return false;
  const auto onKey = [&](const MsgpackToken& key, std::string_view bytes) {
    if (key.kind != MsgpackKind::kString) return false;
    const std::optional<uint32_t> number = dictionary.find(key.body);
    // A name that is written in more bytes than it needs would come back in fewer.
    const bool isShort = bytes.size() == nameBytes(key.body);
    if (number && isShort && numberBytes(*number) < bytes.size()) {
      appendNumber(out, *number);
    } else {
      out.append(bytes);
    }
    return true;
  };
  const auto onRest = [&out](std::string_view bytes) {
    out.append(bytes);
    return true;
  };
  return visitKeys(value, onKey, onRest);
}

bool restoreNames(std::string_view value, const Dictionary& dictionary, uint64_t maxBytes,
                  size_t begun, ByteBuffer& out) {
  uint64_t size = value.size();
  const auto addName = [&](const MsgpackToken& key, std::string_view /*bytes*/) {
    if (key.kind == MsgpackKind::kString) return true;
    if (key.number >= dictionary.nameCount()) return false;
    size += nameBytes(dictionary.name(static_cast<uint32_t>(key.number)));
    return true;
  };
  if (!visitKeys(value, addName, [](std::string_view) { return true; })) return false;
  if (size > maxBytes || !out.reset(begun, size)) return false;
  const auto onKey = [&](const MsgpackToken& key, std::string_view bytes) {
    if (key.kind == MsgpackKind::kString) {
      out.append(bytes);
    } else {
      appendName(out, dictionary.name(static_cast<uint32_t>(key.number)));
    }
    return true;
  };
  const auto onRest = [&out](std::string_view bytes) {
    out.append(bytes);
    return true;
  };
  return visitKeys(value, onKey, onRest);
}

}  // namespace ebbcache

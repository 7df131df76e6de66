#include "file_facts.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "msgpack.h"

namespace {

constexpr std::string_view kPngBegins("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);

uint32_t bigEndian32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

std::optional<std::string> readFileFacts(const std::string& path) {
  const auto native = std::filesystem::u8path(path);
  std::error_code failed;
  const uint64_t bytes = std::filesystem::file_size(native, failed);
  std::ifstream file(native, std::ios::binary);
  if (failed || !file) return std::nullopt;

  char head[24] = {};
  file.read(head, sizeof head);
  const std::string_view begin(head, static_cast<size_t>(file.gcount()));
  const bool png = begin.size() == sizeof head && begin.substr(0, 16) == kPngBegins;

  MsgpackWriter facts;
  facts.map(png ? 5 : 3);
  facts.text("bytes");
  facts.number(bytes);
  facts.text("head");
  facts.bytes(begin.substr(0, 8));
  facts.text("type");
  facts.text(png ? "png" : "other");
  if (png) {
    facts.text("width");
    facts.number(bigEndian32(head + 16));
    facts.text("height");
    facts.number(bigEndian32(head + 20));
  }
  return facts.written();
}

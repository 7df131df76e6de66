#include "codec/dictionary.h"

// Dictionaries by reference are among what zstd links only statically, as it is here.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "codec/compression_level.h"
#include "hash/checksum.h"

namespace ebbcache {
namespace {

constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 8;

uint32_t readU32(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

void appendU32(std::string& out, uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

/// 32 bits of the checksum, but never 0.
uint32_t idOf(std::string_view bytes) {
  const auto id = static_cast<uint32_t>(checksum(bytes) >> 32);
  return id == 0 ? 1 : id;
}

/// It is false for some names that are ordinary too.
bool isOrdinaryName(std::string_view name) {
  const bool isDigit = name[0] >= '0' && name[0] <= '9';
  return !isDigit && name.find_first_of("\"\\") == std::string_view::npos && name != "__proto__";
}

}  // namespace

bool Dictionary::accepts(std::string_view name) {
  const auto isPrintable = [](char each) { return each >= 0x20 && each < 0x7f; };
  return name.size() >= kMinNameBytes && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), isPrintable);
}

std::shared_ptr<const Dictionary> Dictionary::make(const std::vector<std::string>& names,
                                                   std::string_view content, const HashSeed& seed) {
  std::string bytes;
  appendU32(bytes, kVersion);
  appendU32(bytes, static_cast<uint32_t>(names.size()));
  for (const std::string& name : names) {
    bytes += static_cast<char>(name.size());
    bytes += name;
  }
  bytes += content;
  return parse(bytes, seed);
}

std::shared_ptr<const Dictionary> Dictionary::parse(std::string_view bytes, const HashSeed& seed) {
  const std::shared_ptr<Dictionary> made(new Dictionary(std::string(bytes), seed));
  return made->open() ? made : nullptr;
}

Dictionary::Dictionary(std::string bytes, const HashSeed& seed)
    : bytes_(std::move(bytes)), id_(idOf(bytes_)), hash_(seed) {}

Dictionary::~Dictionary() {
  ZSTD_freeCDict(forCompression_);
  ZSTD_freeDDict(forDecompression_);
}

bool Dictionary::open() {
  std::string_view content;
  if (!readNames(content)) return false;
  if (content.empty()) return true;
  // Content of another kind would be taken for raw text, with which nothing could be decompressed
  // that was compressed with what it was once.
  if (ZSTD_getDictID_fromDict(content.data(), content.size()) == 0) return false;
  forCompression_ = ZSTD_createCDict_byReference(content.data(), content.size(), kCompressionLevel);
  forDecompression_ = ZSTD_createDDict_byReference(content.data(), content.size());
  return forCompression_ != nullptr && forDecompression_ != nullptr;
}

bool Dictionary::readNames(std::string_view& content) {
  if (bytes_.size() < kHeaderBytes || readU32(bytes_, 0) != kVersion) return false;
  const uint32_t count = readU32(bytes_, 4);
  if (count > kMaxNames) return false;
  size_t size = 16;
  while (size < size_t{2} * count) size *= 2;
  places_.assign(size, 0);
  names_.reserve(count);
  ordinary_.reserve(count);
  std::string_view rest = std::string_view(bytes_).substr(kHeaderBytes);
  for (uint32_t number = 0; number < count; ++number) {
    if (rest.empty()) return false;
    const auto length = static_cast<uint8_t>(rest[0]);
    if (rest.size() - 1 < length) return false;
    const std::string_view name = rest.substr(1, length);
    if (!accepts(name) || find(name)) return false;
    size_t place = hash_(name) & (size - 1);
    while (places_[place] != 0) place = (place + 1) & (size - 1);
    places_[place] = static_cast<uint16_t>(number + 1);
    names_.push_back(name);
    ordinary_.push_back(isOrdinaryName(name));
    rest.remove_prefix(1 + length);
  }
  content = rest;
  return true;
}

std::optional<uint32_t> Dictionary::find(std::string_view name) const {
  if (name.size() < kMinNameBytes || name.size() > kMaxNameBytes) return std::nullopt;
  const size_t mask = places_.size() - 1;
  for (size_t place = hash_(name) & mask; places_[place] != 0; place = (place + 1) & mask) {
    const uint32_t number = places_[place] - 1U;
    if (names_[number] == name) return number;
  }
  return std::nullopt;
}

uint64_t Dictionary::heldBytes() const {
  const uint64_t ofZstd = ZSTD_sizeof_CDict(forCompression_) + ZSTD_sizeof_DDict(forDecompression_);
  return sizeof *this + bytes_.capacity() + names_.capacity() * sizeof(std::string_view) +
         ordinary_.capacity() / 8 + places_.capacity() * sizeof(uint16_t) + ofZstd;
}

}  // namespace ebbcache

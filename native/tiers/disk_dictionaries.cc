#include "tiers/disk_dictionaries.h"

#include <array>
#include <charconv>

namespace ebbcache {
namespace {

constexpr std::string_view kPrefix =
    "\xff"
    "dictionary";
constexpr int kDigits = 16;

std::string digitsOf(uint32_t id) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), id, kDigits).ptr;
  return {digits.data(), end};
}

std::string keyOf(uint32_t id) {
  return std::string(kPrefix) + digitsOf(id);
}

}  // namespace

bool DiskDictionaries::isKey(std::string_view key) {
  return key.substr(0, kPrefix.size()) == kPrefix;
}

bool DiskDictionaries::has(uint32_t id) {
  return disk_.has(keyOf(id));
}

std::string DiskDictionaries::load(uint32_t id) {
  return read(keyOf(id));
}

uint32_t DiskDictionaries::latest() {
  const std::string digits = read(kPrefix);
  uint32_t id = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), id, kDigits);
  return id;
}

void DiskDictionaries::save(const Dictionary& dictionary) {
  disk_.put(keyOf(dictionary.id()), dictionary.bytes(), {});
}

void DiskDictionaries::saveLatest(uint32_t id) {
  disk_.put(kPrefix, digitsOf(id), {});
}

std::string DiskDictionaries::read(std::string_view key) {
  DiskFound found;
  return disk_.peek(key, found) == DiskResult::kHit ? std::string(found.value()) : std::string();
}

}  // namespace ebbcache

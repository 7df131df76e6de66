// Looks up keys that collide by design, for a test that counts the instructions of each lookup:
//   ebbcache_hash_flooding craft FAMILY FILE   writes the bytes of a key, a line feed and the keys
//   ebbcache_hash_flooding get FILE            puts them all and gets some, each with Store::get
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "seeded_random.h"
#include "store/key_hash.h"
#include "store/store.h"

namespace ebbcache::test {
namespace {

constexpr uint64_t kKeys = 100000;
/// All keys of a family have this length, so that hashing them costs the same.
constexpr int kPairs = 17;
constexpr uint64_t kKeyBytes = 2 * kPairs;
/// The suffix that makes keys long enough for the hash of long keys.
const std::string kTail(150, '.');
/// The number of bits that all hashes of a family share: chains of some 400 in a table of one
/// bucket a key.
constexpr uint64_t kSharedBits = 9;

std::string numbered(uint64_t number) {
  char key[kKeyBytes + 1];
  std::snprintf(key, sizeof key, "%034llu", static_cast<unsigned long long>(number));
  return {key, kKeyBytes};
}

std::vector<std::string> randomKeys() {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < kKeys; ++i) keys.push_back(numbered(mix(i)));
  return keys;
}

/// Returns keys whose hash, if there were no seed, is zero in some bits: they are found by trying.
std::vector<std::string> collidingWithoutSeed(uint64_t lowestBit, const std::string& tail = {}) {
  const KeyHash hash{HashSeed{}};
  const uint64_t shared = ((uint64_t{1} << kSharedBits) - 1) << lowestBit;
  std::vector<std::string> keys;
  std::string key = std::string(kKeyBytes, '0') + tail;
  for (uint64_t number = 0; keys.size() < kKeys; ++number) {
    // The key is changed in place and by shifts, as some fifty million are tried.
    for (uint64_t at = 0; at < 6; ++at) key[at] = static_cast<char>('0' + (number >> 6 * at) % 64);
    if ((hash(key) & shared) == 0) keys.push_back(key);
  }
  return keys;
}

/// Returns keys that have one hash if there were no seed: the last block's first factor is zero, so
/// its product is zero whatever the other word is.
std::vector<std::string> withZeroFactor() {
  const uint64_t word = -MultiplyHash(HashSeed{}).secretOfLastBlock();
  char bytes[sizeof word];
  std::memcpy(bytes, &word, sizeof bytes);
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < kKeys; ++i) {
    std::string key(kKeyBytes - 2 * sizeof word, '0');
    key.append(bytes, sizeof bytes).append(numbered(i), kKeyBytes - sizeof word, sizeof word);
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<std::string> withTail(std::vector<std::string> keys) {
  for (std::string& key : keys) key += kTail;
  return keys;
}

/// Two pairs of characters with one hash give 2^n strings with one hash, for h = h * 31 + c and
/// similar hashes.
std::vector<std::string> collidingInPolynomials(std::string_view one, std::string_view other) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < kKeys; ++i) {
    std::string key;
    for (int pair = 0; pair < kPairs; ++pair) key += (i >> pair & 1) != 0 ? one : other;
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<std::string> craft(std::string_view family) {
  if (family == "random") return randomKeys();
  if (family == "unseeded-low-bits") return collidingWithoutSeed(0);
  if (family == "unseeded-middle-bits") return collidingWithoutSeed(32 - kSharedBits);
  if (family == "unseeded-high-bits") return collidingWithoutSeed(64 - kSharedBits);
  if (family == "unseeded-zero-factor") return withZeroFactor();
  if (family == "long-random") return withTail(randomKeys());
  if (family == "long-unseeded-low-bits") return collidingWithoutSeed(0, kTail);
  if (family == "times-31") return collidingInPolynomials("Aa", "BB");
  if (family == "times-33") return collidingInPolynomials("Ez", "FY");
  return {};
}

int get(const char* file) {
  std::vector<std::string> keys;
  std::ifstream in(file, std::ios::binary);
  size_t keyBytes = 0;
  in >> keyBytes;
  in.ignore();
  for (std::string key(keyBytes, '\0');
       in.read(key.data(), static_cast<std::streamsize>(keyBytes));) {
    keys.push_back(key);
  }
  StoreOptions options;
  options.maxBytes = uint64_t{64} << 20;
  const auto store = Store::open(options);
  for (const std::string& key : keys) store->put(key, "value");
  uint64_t hits = 0;
  for (uint64_t i = 0; i < keys.size(); i += 5) {
    char value[16];
    uint64_t bytes = 0;
    if (store->get(keys[i], value, sizeof value, bytes) == ReadResult::kHit) ++hits;
  }
  std::cout << keys.size() << " keys, " << hits << " hits\n";
  return 0;
}

}  // namespace
}  // namespace ebbcache::test

int main(int count, char** arguments) {
  using ebbcache::test::craft;
  using ebbcache::test::get;
  const std::string_view command = count > 1 ? arguments[1] : "";
  if (command == "get" && count == 3) return get(arguments[2]);
  if (command != "craft" || count != 4) return 2;
  const std::vector<std::string> keys = craft(arguments[2]);
  if (keys.empty()) return 2;
  std::ofstream out(arguments[3], std::ios::binary);
  out << keys.front().size() << '\n';
  for (const std::string& key : keys) out << key;
  return out.good() ? 0 : 1;
}

// Base64 as RFC 4648 defines it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ebbcache {

/// Decodes whole groups of four characters of the standard alphabet, padded, with zeros in the bits
/// that are not used. Empty for anything else.
std::optional<std::string> decodeBase64(std::string_view text);

}  // namespace ebbcache

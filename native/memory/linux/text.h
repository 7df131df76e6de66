// Small parsing helpers for the text files of procfs and cgroupfs. They accept any bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ebbcache {

/// Cuts the first line off `text` into `line`, without its newline. Returns false once `text` is
/// empty.
bool nextLine(std::string_view& text, std::string_view& line);

/// Cuts the first token (up to spaces, tabs or newlines) off `text`; empty when there is none.
std::string_view nextToken(std::string_view& text);

/// The number, where all of `digits` is an unsigned decimal number that fits.
std::optional<uint64_t> parseUint64(std::string_view digits);

/// The sum, or the largest number where that would not fit.
uint64_t addSaturated(uint64_t a, uint64_t b);

/// The difference, or 0 where `b` is larger.
uint64_t subtractSaturated(uint64_t a, uint64_t b);

}  // namespace ebbcache

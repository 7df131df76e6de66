// Writes numbers as JSON.stringify does.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ebbcache {

/// The maximum number of bytes of a number.
constexpr size_t kMaxJsonNumberBytes = 25;

/// Both write at `at`, where there MUST be room for kMaxJsonNumberBytes, and return the end.
char* writeJsonInteger(uint64_t number, char* at);
/// Numbers that JSON does not have are null.
char* writeJsonNumber(double number, char* at);

}  // namespace ebbcache

// Files of a cgroup that hold one number of bytes.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "memory/linux/reopening_file.h"

namespace ebbcache {

/// Reads a number. Returns false, with a sentence in `error` and `bytes` untouched, where the file
/// cannot be read or holds something else.
bool readNumber(ReopeningFile& file, FileBuffer& buffer, uint64_t& bytes, std::string& error);

/// Reads a limit: "max" is the largest number.
bool readLimit(ReopeningFile& file, FileBuffer& buffer, uint64_t& bytes, std::string& error);

/// Opens the file where it exists and is not open yet, and closes it where it no longer exists.
void openIfThere(std::optional<ReopeningFile>& file, std::string path);

}  // namespace ebbcache

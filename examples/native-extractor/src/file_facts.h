// Simple metadata of a file.
#pragma once

#include <optional>
#include <string>

/// Returns { bytes, head, type, width?, height? } as msgpack; nothing for a file that cannot be
/// read. `path` is UTF-8.
std::optional<std::string> readFileFacts(const std::string& path);

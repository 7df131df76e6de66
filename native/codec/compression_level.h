#pragma once

namespace ebbcache {

/// The level of zstd. On records of metadata, with a dictionary, level 2 makes values a tenth
/// smaller than level 1 for a tenth more of the time of a put; level 3 takes longer and gains
/// nothing.
constexpr int kCompressionLevel = 2;

}  // namespace ebbcache

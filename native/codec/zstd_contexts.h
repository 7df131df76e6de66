// The working memory of zstd for one thread: some hundred kB, which it keeps.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "codec/byte_buffer.h"
#include "codec/dictionary.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace ebbcache {

class ZstdContexts {
 public:
  /// Damaged bytes must not make a reader take any amount of memory.
  static constexpr uint64_t kMaxRatio = 64;

  ZstdContexts() = default;
  ~ZstdContexts();
  ZstdContexts(const ZstdContexts&) = delete;
  ZstdContexts& operator=(const ZstdContexts&) = delete;

  // Both need a dictionary with content.

  /// Writes a frame behind `begun` bytes of `out`, which the caller fills. Returns false where the
  /// heap refuses memory, and for bytes of which the frame would be so much smaller that
  /// contentBytes() refused it.
  bool compress(std::string_view bytes, const Dictionary& dictionary, size_t begun,
                ByteBuffer& out);
  /// The number of bytes that were compressed to a frame; nothing for what compress() did not make,
  /// and for a frame of more than kMaxRatio times its bytes.
  static std::optional<uint64_t> contentBytes(std::string_view frame);
  /// Writes `bytes` bytes, which MUST be as many as contentBytes() has returned. Returns false for
  /// what compress() did not make with this dictionary, and where the heap refuses memory.
  bool decompress(std::string_view frame, const Dictionary& dictionary, char* out, uint64_t bytes);

 private:
  ZSTD_CCtx_s* compression_ = nullptr;
  ZSTD_DCtx_s* decompression_ = nullptr;
};

}  // namespace ebbcache

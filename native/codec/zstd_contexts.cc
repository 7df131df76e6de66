#include "codec/zstd_contexts.h"

// Frames without zstd's magic number are among what zstd links only statically, as it is here.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

namespace ebbcache {
namespace {

/// Frames have no magic number, checksum or dictionary's number: what is around them knows all.
bool setUp(ZSTD_CCtx* context) {
  const auto set = [context](ZSTD_cParameter parameter, int value) {
    return ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) == 0;
  };
  return set(ZSTD_c_format, ZSTD_f_zstd1_magicless) && set(ZSTD_c_checksumFlag, 0) &&
         set(ZSTD_c_dictIDFlag, 0) && set(ZSTD_c_contentSizeFlag, 1);
}

bool setUp(ZSTD_DCtx* context) {
  return ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_format, ZSTD_f_zstd1_magicless)) == 0;
}

}  // namespace

ZstdContexts::~ZstdContexts() {
  ZSTD_freeCCtx(compression_);
  ZSTD_freeDCtx(decompression_);
}

bool ZstdContexts::compress(std::string_view bytes, const Dictionary& dictionary, size_t begun,
                            ByteBuffer& out) {
  if (compression_ == nullptr) {
    compression_ = ZSTD_createCCtx();
    if (compression_ == nullptr || !setUp(compression_)) return false;
  }
  if (dictionary.forCompression() == nullptr) return false;
  if (!out.reset(begun, ZSTD_compressBound(bytes.size()))) return false;
  if (ZSTD_isError(ZSTD_CCtx_refCDict(compression_, dictionary.forCompression())) != 0) {
    return false;
  }
  const size_t size =
      ZSTD_compress2(compression_, out.end(), out.room(), bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0 || bytes.size() > kMaxRatio * size) return false;
  out.grow(size);
  return true;
}

std::optional<uint64_t> ZstdContexts::contentBytes(std::string_view frame) {
  ZSTD_frameHeader header;
  if (ZSTD_getFrameHeader_advanced(&header, frame.data(), frame.size(), ZSTD_f_zstd1_magicless) !=
          0 ||
      header.frameContentSize > kMaxRatio * frame.size()) {
    return {};
  }
  return header.frameContentSize;
}

bool ZstdContexts::decompress(std::string_view frame, const Dictionary& dictionary, char* out,
                              uint64_t bytes) {
  if (decompression_ == nullptr) {
    decompression_ = ZSTD_createDCtx();
    if (decompression_ == nullptr || !setUp(decompression_)) return false;
  }
  if (dictionary.forDecompression() == nullptr ||
      ZSTD_isError(ZSTD_DCtx_refDDict(decompression_, dictionary.forDecompression())) != 0) {
    return false;
  }
  return ZSTD_decompressDCtx(decompression_, out, bytes, frame.data(), frame.size()) == bytes;
}

}  // namespace ebbcache

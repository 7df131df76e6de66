// Makes a dictionary from samples of what is stored.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codec/dictionary.h"

namespace ebbcache {

struct TrainingOptions {
  /// The maximum number of bytes of the content for zstd; 0 for a dictionary of names alone.
  uint64_t maxContentBytes = 0;
  HashSeed seed{};
};

/// Takes the names of fields that occur in two samples or more, those first that save most bytes,
/// and trains zstd with the samples as they are then stored (FASTCOVER, see zdict.h). Samples that
/// are not msgpack count for nothing. Returns null where there is nothing to gain from the samples,
/// or the heap is exhausted. It takes about 0.1 s for a megabyte of samples.
std::shared_ptr<const Dictionary> trainDictionary(const std::vector<std::string>& samples,
                                                  const TrainingOptions& options);

}  // namespace ebbcache

#include "codec/dictionary_trainer.h"

// The trainer's parameters are among what zstd links only statically, as it is here.
#define ZDICT_STATIC_LINKING_ONLY
#include <zdict.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "codec/compact_names.h"
#include "codec/compression_level.h"
#include "codec/map_keys.h"

namespace ebbcache {
namespace {

/// zdict needs a minimum of content, and its documentation advises a hundred times as many bytes of
/// samples as of dictionary; from ten times on there is a gain here.
constexpr uint64_t kMinContentBytes = 1024;
constexpr uint64_t kMinSampleBytesPerContentByte = 4;
/// The segments of which the content consists, and the length of the strings that are counted. The
/// best of those measured on records of metadata.
constexpr unsigned kSegmentBytes = 256;
constexpr unsigned kStringBytes = 8;

struct NameCount {
  uint64_t times = 0;
  uint32_t samples = 0;
  size_t lastSample = SIZE_MAX;
};

std::vector<std::string> chooseNames(const std::vector<std::string>& samples) {
  std::unordered_map<std::string_view, NameCount> counts;
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto countName = [&](const MsgpackToken& key, std::string_view /*bytes*/) {
      if (key.kind != MsgpackKind::kString) return false;
      if (!Dictionary::accepts(key.body)) return true;
      NameCount& count = counts[key.body];
      ++count.times;
      if (count.lastSample != i) ++count.samples;
      count.lastSample = i;
      return true;
    };
    visitKeys(samples[i], countName, [](std::string_view) { return true; });
  }
  using Counted = std::pair<std::string_view, NameCount>;
  std::vector<Counted> chosen;
  for (const auto& [name, count] : counts) {
    // A name that one sample alone has may be anybody's.
    if (count.samples >= 2) chosen.emplace_back(name, count);
  }
  const auto saves = [](const Counted& each) { return each.second.times * each.first.size(); };
  std::sort(chosen.begin(), chosen.end(), [&](const Counted& a, const Counted& b) {
    return saves(a) != saves(b) ? saves(a) > saves(b) : a.first < b.first;
  });
  if (chosen.size() > Dictionary::kMaxNames) chosen.resize(Dictionary::kMaxNames);
  // The most frequent names get the numbers of one byte.
  std::sort(chosen.begin(), chosen.end(), [](const Counted& a, const Counted& b) {
    return a.second.times != b.second.times ? a.second.times > b.second.times : a.first < b.first;
  });
  std::vector<std::string> names;
  names.reserve(chosen.size());
  for (const Counted& each : chosen) names.emplace_back(each.first);
  return names;
}

/// Returns no content where zstd cannot make any of the samples.
std::string trainContent(const std::vector<std::string>& samples, const Dictionary& names,
                         uint64_t maxBytes) {
  std::string joined;
  std::vector<size_t> sizes;
  ByteBuffer compact;
  for (const std::string& sample : samples) {
    if (!replaceNames(sample, names, 0, compact)) continue;
    joined += compact.view();
    sizes.push_back(compact.size());
  }
  const uint64_t bytes = std::min(maxBytes, joined.size() / kMinSampleBytesPerContentByte);
  if (bytes < kMinContentBytes) return {};
  std::string content(bytes, '\0');
  ZDICT_fastCover_params_t parameters{};
  parameters.k = kSegmentBytes;
  parameters.d = kStringBytes;
  parameters.zParams.compressionLevel = kCompressionLevel;
  const size_t made =
      ZDICT_trainFromBuffer_fastCover(content.data(), content.size(), joined.data(), sizes.data(),
                                      static_cast<unsigned>(sizes.size()), parameters);
  content.resize(ZDICT_isError(made) != 0 ? 0 : made);
  return content;
}

}  // namespace

std::shared_ptr<const Dictionary> trainDictionary(const std::vector<std::string>& samples,
                                                  const TrainingOptions& options) {
  const std::vector<std::string> names = chooseNames(samples);
  auto ofNames = Dictionary::make(names, {}, options.seed);
  if (ofNames == nullptr) return nullptr;
  const std::string content = trainContent(samples, *ofNames, options.maxContentBytes);
  if (content.empty()) return names.empty() ? nullptr : ofNames;
  return Dictionary::make(names, content, options.seed);
}

}  // namespace ebbcache

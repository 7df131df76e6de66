#include "disk/ring_summary.h"

#include <algorithm>
#include <memory>

#include "disk/ring_folder.h"
#include "disk/ring_header.h"

namespace ebbcache {

std::optional<RingSummary> summarizeRing(const std::string& dir) {
  const std::unique_ptr<RingFolder> folder = openRingFolder(dir);
  bool removedEarlier = false;
  if (folder->prepare(removedEarlier)) return std::nullopt;
  FolderTrouble trouble;
  const std::unique_ptr<RingFile> file = folder->openRing(RingFolder::Open::kExisting, trouble);
  RingHeader header;
  if (file == nullptr || readHeader(*file, header) != HeaderState::kValid) return std::nullopt;
  RingSummary summary;
  summary.kind = header.kind;
  summary.entries = header.entries;
  (void)file->size(summary.bytes);
  summary.maxBytes = fileBytes(header);
  std::copy(std::begin(header.counters), std::end(header.counters), std::begin(summary.counters));
  return summary;
}

}  // namespace ebbcache

#include "disk/bucket_edits.h"

#include <algorithm>

namespace ebbcache {
namespace {

uint64_t offsetOf(uint64_t bucket) {
  return kRingHeaderBytes + bucket * sizeof(RingBucket);
}

}  // namespace

RingBucket* BucketEdits::load(uint64_t bucket) {
  const auto [found, isNew] = edits_.try_emplace(bucket);
  RingBucket& content = found->second.bucket;
  if (!isNew) return &content;
  const IoResult result =
      file_.read(offsetOf(bucket), {reinterpret_cast<char*>(&content), sizeof content});
  if (result.error == IoError::kNone && result.bytes == sizeof content) return &content;
  edits_.erase(found);
  return nullptr;
}

bool BucketEdits::flush(std::vector<uint64_t>& failed) {
  std::vector<uint64_t> dirty;
  for (const auto& [bucket, edit] : edits_) {
    if (edit.isDirty) dirty.push_back(bucket);
  }
  std::sort(dirty.begin(), dirty.end());
  for (const uint64_t bucket : dirty) {
    Edit& edit = edits_[bucket];
    const auto* const bytes = reinterpret_cast<const char*>(&edit.bucket);
    const IoResult result = file_.write(offsetOf(bucket), {bytes, sizeof edit.bucket});
    edit.isDirty = false;
    if (result.error == IoError::kNone) continue;
    failed.push_back(bucket);
    edits_.erase(bucket);
  }
  return failed.empty();
}

}  // namespace ebbcache

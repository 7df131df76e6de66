#include "pressure/memory_sampler.h"

namespace ebbcache {

bool MemorySampler::sample(MemorySample& out, std::string& error) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!reader_->readSnapshot(out.snapshot, error)) return false;
  out.assessment = tracker_.assess(out.snapshot.usage);
  if (out.assessment.level != PressureLevel::kUnknown) return true;
  error = "The total memory of this machine was read as 0 bytes.";
  return false;
}

}  // namespace ebbcache

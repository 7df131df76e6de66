#include "pressure/memory_sampler.h"

#include <optional>

namespace ebbcache {
namespace {

constexpr double kStallsFromPercent = 5;

bool stalls(const std::optional<PsiAverages>& psi, bool before) {
  return psi && psi->someAvg10 >= (before ? kStallsFromPercent / 2 : kStallsFromPercent);
}

}  // namespace

bool MemorySampler::sample(MemorySample& out, std::string& error) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!reader_->readSnapshot(out.snapshot, error)) return false;
  stalls_.system = stalls(out.snapshot.psi, stalls_.system);
  stalls_.group = stalls(out.snapshot.groupPsi, stalls_.group);
  const auto now = StandingStalls::Clock::now();
  refaults_.note({false, out.snapshot.usage.groupRefaults}, now);
  const bool groupStalls = stalls_.group || refaults_.at(now).group;
  out.assessment = tracker_.assess(out.snapshot.usage, {stalls_.system, groupStalls});
  if (out.assessment.level != PressureLevel::kUnknown) return true;
  error = "The total memory of this machine was read as 0 bytes.";
  return false;
}

}  // namespace ebbcache

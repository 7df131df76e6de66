#include "store/eviction_policy.h"

#include "store/lru_policy.h"
#include "store/s3fifo_policy.h"

namespace ebbcache {

std::unique_ptr<EvictionPolicy> makePolicy(Policy policy, SlabTable& slabs,
                                           BudgetedMemory& memory) {
  if (policy == Policy::kS3Fifo) return std::make_unique<S3FifoPolicy>(slabs, memory);
  return std::make_unique<LruPolicy>(slabs);
}

}  // namespace ebbcache

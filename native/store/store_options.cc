#include "store/store_options.h"

#include "store/layout.h"

namespace ebbcache {

std::string StoreOptions::whyInvalid() const {
  if (maxBytes < kMinBudgetBytes || maxBytes > kMaxBudgetBytes) {
    return "maxBytes must be from " + std::to_string(kMinBudgetBytes) + " (64 KiB) to " +
           std::to_string(kMaxBudgetBytes) + " (16 GiB); it is " + std::to_string(maxBytes) + ".";
  }
  return {};
}

}  // namespace ebbcache

#include "slab/spare_slab.h"

namespace ebbcache {

void SpareSlab::give() {
  if (none()) return;
  supply_->settle(order_);
  drop();
}

void SpareSlab::end() {
  if (supply_ != nullptr) supply_->forget(order_);
  supply_ = nullptr;
  drop();
}

}  // namespace ebbcache

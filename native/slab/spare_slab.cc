#include "slab/spare_slab.h"

namespace ebbcache {

void SpareSlab::withdraw() {
  if (none()) return;
  supply_->withdraw(order_);
  drop();
}

bool SpareSlab::release() {
  if (none()) return false;
  supply_->settle(order_);
  drop();
  return true;
}

void SpareSlab::end() {
  if (supply_ != nullptr) supply_->forget(order_);
  supply_ = nullptr;
  drop();
}

}  // namespace ebbcache

// The priority of a thread whose work is less urgent than that of others.
#pragma once

namespace ebbcache {

/// From now on the calling thread does not preempt running threads when it is woken, where the
/// system supports that. Its share of the cores stays the same, so that it does not hold locks
/// longer.
void stayInBackground();

}  // namespace ebbcache

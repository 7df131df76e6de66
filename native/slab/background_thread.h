// A thread whose work others wait for less than for their own.
#pragma once

namespace ebbcache {

/// From now on the calling thread takes no core from one that runs when it is woken, where the
/// system can be told so. Its share of the cores stays the same, so that what it holds a lock for
/// is done as soon.
void stayInBackground();

}  // namespace ebbcache

// The library (the addon's file) that this code was loaded from.
#pragma once

namespace ebbcache {

/// Keeps the library mapped until the process ends. Node unloads the addons of a worker that has
/// ended, but other libraries' threads may still use the table of the C interface. Returns false
/// where the system refuses. It may be called again.
bool pinLibrary();

}  // namespace ebbcache

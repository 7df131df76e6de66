// The library (the addon's file) that this code was loaded from.
#pragma once

namespace ebbcache {

/// Keeps it mapped until the process ends. Node unloads the addons of a worker that has ended, but
/// other libraries' threads may still hold the table of the C interface. False when the system
/// refuses. May be called again.
bool pinLibrary();

}  // namespace ebbcache

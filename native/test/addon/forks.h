// Forks a child of the process, for the JavaScript tests, where the system can fork.
#pragma once

/// Forks without exec, and has the child do the work alone. Returns what `work` returned, or a
/// negative signal number; a child that hangs is ended by a signal too.
int endOfForked(int (*work)());

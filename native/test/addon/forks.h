// A child of the process, for the JavaScript tests: where the system can fork.
#pragma once

/// Forks without exec, and the child does the work alone: what it ended with, which is what `work`
/// returned; negative for a signal, which ends one that hangs, too.
int endOfForked(int (*work)());

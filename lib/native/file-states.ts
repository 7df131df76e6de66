// The states of files, as the addon leaves them in the state buffer.

/** Bytes of the state of a file, and of the buffer for it. */
export const STATE_BYTES = 32;

/** What the state buffer begins with when a path has no state, and where the reason is then. */
export const NO_STATE_KIND = 0;
export const NO_STATE_AT = 1;

/** The reasons, by number: what is to be said of the path. */
export const NO_STATE_REASONS = [
  'has a state',
  'is a folder',
  'is a device, a FIFO or a socket',
  'is a loop of symbolic links',
  'may not be looked at',
  'is too long',
  'contains a NUL',
  'is not there, and was not valid UTF-8 when it was read',
  'cannot be looked at',
] as const;

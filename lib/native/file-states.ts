// The states of files, as the addon leaves them in the state buffer.

/** The number of bytes of the state of a file, and of the buffer for it. */
export const STATE_BYTES = 32;

/** The first byte of the state buffer when a path has no state, and the place of the reason then. */
export const NO_STATE_KIND = 0;
export const NO_STATE_AT = 1;

/** The reasons by number, as predicates of a sentence about the path. */
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

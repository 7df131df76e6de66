// Reads the state of a file whose path is not UTF-8, because the addon takes only text. The bytes have the
// layout that native/files/file_state.h draws.

import { statSync } from 'node:fs';
import { STATE_BYTES } from '../native/file-states.js';

const ABSENT_KIND = 1;
const REGULAR_KIND = 2;
/** Indexes of NO_STATE_REASONS. */
const REASONS: Record<string, number> = { ELOOP: 3, EACCES: 4, EPERM: 4, ENAMETOOLONG: 5 };
const FOLDER = 1;
const SPECIAL = 2;
const HAS_NUL = 6;
const UNREADABLE = 8;

/** Writes the state to the buffer, or the reason why there is none. */
export function writeStateOf(path: Buffer, state: Buffer): void {
  state.fill(0, 0, STATE_BYTES);
  if (path.includes(0)) {
    state[1] = HAS_NUL;
    return;
  }
  try {
    const found = statSync(path, { bigint: true });
    if (!found.isFile()) {
      state[1] = found.isDirectory() ? FOLDER : SPECIAL;
      return;
    }
    state[0] = REGULAR_KIND;
    state.writeBigUInt64LE(BigInt.asUintN(64, found.size), 8);
    state.writeBigInt64LE(BigInt.asIntN(64, found.mtimeNs), 16);
    state.writeBigUInt64LE(BigInt.asUintN(64, found.ino), 24);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') state[0] = ABSENT_KIND;
    else state[1] = REASONS[code ?? ''] ?? UNREADABLE;
  }
}

// The state of a file as the addon reads it: 32 bytes, whose layout native/files/file_state.h draws.

import { argumentTypeError } from '../errors/errors.js';
import { native } from '../native/addon.js';
import {
  NO_STATE_AT,
  NO_STATE_KIND,
  NO_STATE_REASONS,
  STATE_BYTES,
} from '../native/file-states.js';
import { Outcome, outcomeError } from '../native/outcomes.js';
import { writeStateOf } from './bytes-state.js';
import type { PlainPath } from './file-path.js';
import { isPseudoFile } from './pseudo-files.js';

/**
 * What distinguishes one state of a file from another, as 32 bytes in a string of Latin-1: states compare by
 * ===, can be keys, never change, and are written to a record by one call.
 */
export type FileState = string;

/**
 * The buffer in which the addon leaves the state that this thread read last, or the reason why there is none.
 */
export const stateBuffer: Buffer = native.stateBuffer;

/** The kind of a regular file, in byte 0 of its state; its size is at byte 8, 64 bits, little-endian. */
const REGULAR_KIND = 2;
const SIZE_AT = 8;

/** The state of a file that does not exist. */
export const ABSENT_STATE: FileState = `\x01${'\0'.repeat(STATE_BYTES - 1)}`;

/**
 * The state of the file: its size, modification time in nanoseconds, and inode for a regular file. A file
 * that does not exist has a state too.
 *
 * It is undefined for a file without a usable state, such as a file of procfs or sysfs, whose size and time
 * do not show changes of its content: see whyNoState. Symbolic links are followed. Throws a TypeError for a
 * path that is not a string or a Buffer.
 */
export function fileState(filePath: PlainPath): FileState | undefined {
  readState(filePath);
  return stateLeft(filePath);
}

/** What is at the path: nothing, a regular file of any file system, or something without content. */
export function fileKind(filePath: PlainPath): 'absent' | 'regular' | undefined {
  readState(filePath);
  if (stateBuffer[0] === NO_STATE_KIND) return undefined;
  return stateBuffer[0] === REGULAR_KIND ? 'regular' : 'absent';
}

/**
 * The reason why the path has no state, as a sentence for a log: 'The path is a folder.' It reads the state
 * again, so the reason is the current one.
 */
export function whyNoState(filePath: PlainPath): string {
  readState(filePath);
  if (isPseudo(filePath)) return 'The path is a file that the kernel makes when it is read.';
  return `The path ${NO_STATE_REASONS[stateBuffer[NO_STATE_AT]!] ?? 'has no state'}.`;
}

/**
 * A copy of the state that the addon left for the path; undefined where it left a reason, or an unusable
 * state.
 */
export function stateLeft(filePath: PlainPath): FileState | undefined {
  if (stateBuffer[0] === NO_STATE_KIND || isPseudo(filePath)) return undefined;
  return stateBuffer.toString('latin1', 0, STATE_BYTES);
}

/** Writes a state to the start of `bytes`; throws a TypeError for one that does not have 32 bytes. */
export function writeState(bytes: Buffer, state: FileState): void {
  if (state.length !== STATE_BYTES || bytes.write(state, 'latin1') !== STATE_BYTES) {
    throw argumentTypeError(`A state must have ${STATE_BYTES} bytes, as fileState gives it.`);
  }
}

export function checkPath(filePath: string): void {
  if (typeof filePath !== 'string')
    throw argumentTypeError('A file path must be a string or a Buffer.');
}

/** Whether the path, whose state the addon read last, is that of a pseudo file. */
function isPseudo(filePath: PlainPath): boolean {
  if (stateBuffer[0] !== REGULAR_KIND) return false;
  return isPseudoFile(filePath, Number(stateBuffer.readBigUInt64LE(SIZE_AT)));
}

function readState(filePath: PlainPath): void {
  if (Buffer.isBuffer(filePath)) {
    writeStateOf(filePath, stateBuffer);
    return;
  }
  const outcome = native.fileState(filePath);
  if (outcome === 0 || outcome === Outcome.noState) return;
  checkPath(filePath);
  throw outcomeError(outcome);
}

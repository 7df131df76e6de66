// The state of a file as the addon sees it: 32 bytes, which native/files/file_state.h draws.

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
 * What tells one state of a file from another, as 32 bytes in a string of Latin-1: states compare by
 * ===, can be keys, never change, and are written to a record by one call.
 */
export type FileState = string;

/** Where the addon leaves the state that it looked up last in this thread, or the reason for none. */
export const stateBuffer: Buffer = native.stateBuffer;

/** Where the state of a regular file has its kind, and its size, 64 bits, little-endian. */
const REGULAR_KIND = 2;
const SIZE_AT = 8;

/** The state of a file that is not there. */
export const ABSENT_STATE: FileState = `\x01${'\0'.repeat(STATE_BYTES - 1)}`;

/**
 * The state of the file: of a regular one its size, modification time in nanoseconds, and inode. A
 * file that is not there has a state too. Undefined for what has none to go by, such as a file of procfs
 * or sysfs, whose size and time say nothing of what is in it: see whyNoState. Follows symbolic links. Throws a TypeError for a path that is no string.
 */
export function fileState(filePath: PlainPath): FileState | undefined {
  readState(filePath);
  return stateLeft(filePath);
}

/** What is at the path: nothing, a regular file of whatever file system, or what has no content. */
export function fileKind(filePath: PlainPath): 'absent' | 'regular' | undefined {
  readState(filePath);
  if (stateBuffer[0] === NO_STATE_KIND) return undefined;
  return stateBuffer[0] === REGULAR_KIND ? 'regular' : 'absent';
}

/**
 * Why the path has no state, for a log, as a sentence: 'The path is a folder.' It reads the state again, so what
 * it says is of now.
 */
export function whyNoState(filePath: PlainPath): string {
  readState(filePath);
  if (isPseudo(filePath)) return 'The path is a file that the kernel makes when it is read.';
  return `The path ${NO_STATE_REASONS[stateBuffer[NO_STATE_AT]!] ?? 'has no state'}.`;
}

/** A copy of what the addon left of the path; undefined where that is a reason, or tells nothing. */
export function stateLeft(filePath: PlainPath): FileState | undefined {
  if (stateBuffer[0] === NO_STATE_KIND || isPseudo(filePath)) return undefined;
  return stateBuffer.toString('latin1', 0, STATE_BYTES);
}

/** Writes a state where `bytes` begin; a TypeError for one that has not 32 bytes. */
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

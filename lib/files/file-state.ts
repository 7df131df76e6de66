// The state of a file as the addon sees it: 32 bytes, which native/files/file_state.h draws.

import { argumentTypeError } from '../errors.js';
import {
  NO_STATE_AT,
  NO_STATE_KIND,
  NO_STATE_REASONS,
  native,
  Outcome,
  outcomeError,
  STATE_BYTES,
} from '../native.js';

/**
 * What tells one state of a file from another, as 32 bytes in a string of Latin-1: states compare by
 * ===, can be keys, never change, and are written to a record by one call.
 */
export type FileState = string;

/** Where the addon leaves the state that it looked up last in this thread, or the reason for none. */
export const stateBuffer: Buffer = Buffer.allocUnsafeSlow(STATE_BYTES);
native.setStateBuffer(stateBuffer);

/** The state of a file that is not there. */
export const ABSENT_STATE: FileState = `\x01${'\0'.repeat(STATE_BYTES - 1)}`;

/**
 * The state of the file: of a regular one its size, modification time in nanoseconds, and inode. A
 * file that is not there has a state too. Undefined for what has none to go by: see whyNoState.
 * Follows symbolic links. Throws a TypeError for a path that is no string.
 */
export function fileState(filePath: string): FileState | undefined {
  look(filePath);
  return stateLeft();
}

/**
 * Why the path has no state, for a log, as a sentence: 'The path is a folder.' It looks again, so what
 * it says is of now.
 */
export function whyNoState(filePath: string): string {
  look(filePath);
  return `The path ${NO_STATE_REASONS[stateBuffer[NO_STATE_AT]!] ?? 'has no state'}.`;
}

/** A copy of what the addon left; undefined where that is a reason. */
export function stateLeft(): FileState | undefined {
  if (stateBuffer[0] === NO_STATE_KIND) return undefined;
  return stateBuffer.toString('latin1', 0, STATE_BYTES);
}

/** Writes a state where `bytes` begin; a TypeError for one that has not 32 bytes. */
export function writeState(bytes: Buffer, state: FileState): void {
  if (state.length !== STATE_BYTES || bytes.write(state, 'latin1') !== STATE_BYTES) {
    throw argumentTypeError(`A state must have ${STATE_BYTES} bytes, as fileState gives it.`);
  }
}

export function checkPath(filePath: string): void {
  if (typeof filePath !== 'string') throw argumentTypeError('A file path must be a string.');
}

function look(filePath: string): void {
  const outcome = native.fileState(filePath);
  if (outcome === 0 || outcome === Outcome.noState) return;
  checkPath(filePath);
  throw outcomeError(outcome);
}

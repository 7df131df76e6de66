// The buffer that this thread's native writes copy from: the encoder's latest one.

import { native } from '../native/addon.js';

/** A buffer that a rare large value made larger than this is released after the write. */
const KEPT_BYTES = 1024 * 1024;

const NONE = new Uint8Array();
/** The addon holds it, because other instances of this module may have set theirs since. */
const { kept } = native;

/** A caller MUST call this before each native write. */
export function setWriteBuffer(bytes: Uint8Array): void {
  if (bytes !== kept.write) native.setWriteBuffer(bytes);
}

/** A caller MUST call this after each native write. */
export function releaseIfLarge(bytes: Uint8Array): void {
  if (bytes.length > KEPT_BYTES) setWriteBuffer(NONE);
}

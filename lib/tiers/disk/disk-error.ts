import { EbbcacheError } from '../../errors.js';

/**
 * Why the disk tier is out of use:
 * - 'removed': its files are gone from under it;
 * - 'damaged': its files are not what was written;
 * - 'foreign': they are another version's, or no cache's, and are left alone;
 * - 'busy': another process is checking them;
 * - 'denied': the operating system does not let it (permissions, no room, an I/O error);
 * - 'unsupported': the database has no binary for this platform.
 */
export type DiskTrouble = 'removed' | 'damaged' | 'foreign' | 'busy' | 'denied' | 'unsupported';

/** The disk tier cannot be used. Never thrown out of a cache: it is logged, counted, and a miss. */
export class DiskError extends EbbcacheError {
  readonly trouble: DiskTrouble;

  constructor(trouble: DiskTrouble, message: string, options?: ErrorOptions) {
    super('ERR_EBBCACHE_DISK', message, options);
    this.trouble = trouble;
  }
}

/** LMDB's own: what it finds in the file does not fit together. */
const DAMAGED_CODES = new Set([
  -30797, // MDB_PAGE_NOTFOUND
  -30796, // MDB_CORRUPTED
  -30795, // MDB_PANIC
  -30793, // MDB_INVALID
]);

/** What the system or the database threw, as a DiskError; one that is so already is itself. */
export function toDiskError(cause: unknown): DiskError {
  if (cause instanceof DiskError) return cause;
  const { code } = Object(cause) as { code?: unknown };
  if (typeof code === 'number' && DAMAGED_CODES.has(code)) {
    return new DiskError('damaged', `The disk tier's file is damaged: ${String(cause)}`, { cause });
  }
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
  return new DiskError(
    'denied',
    `The disk tier cannot be used: ${reason}. Check the folder's permissions and its free space.`,
    { cause },
  );
}

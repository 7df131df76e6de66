import { statSync } from 'node:fs';

/** The state of a file that is not there. */
const ABSENT = 'absent';

/**
 * What tells one state of a file from another: its size, modification time in nanoseconds, and
 * inode. A file that is not there has a state too. Undefined for what has none to go by: a folder, a
 * device, or a path that cannot be looked at. Follows symbolic links.
 */
export function fileState(filePath: string): string | undefined {
  try {
    const stat = statSync(filePath, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return ABSENT;
    return stat.isFile() ? `${stat.size}-${stat.mtimeNs}-${stat.ino}` : undefined;
  } catch (error) {
    // Below a file instead of a folder nothing can be.
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? ABSENT : undefined;
  }
}

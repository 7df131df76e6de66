// Files that the kernel generates when they are read, such as those of procfs and sysfs. Their size is 0 or
// that of a page whatever they contain, and their modification time is when they were first read.

import fs from 'node:fs';
import type { PlainPath } from './file-path.js';

/** The sizes of such files: 0, or a page of one of the machines that Linux runs on. */
const PSEUDO_SIZES = [0, 4096, 16_384, 65_536];

/** The magic numbers of file systems, from Linux's include/uapi/linux/magic.h. */
const PSEUDO_FILE_SYSTEMS = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0x62656570, // configfs
  0x0027e0eb, // cgroup
  0x63677270, // cgroup2
  0x65735543, // fusectl
  0x42494e4d, // binfmt_misc
  0xf97cff8c, // selinuxfs
  0x43415d53, // smackfs
  0x07655821, // resctrl
]);

/** Whether the regular file at the path, which has this size, is one of them. */
export function isPseudoFile(filePath: PlainPath, size: number): boolean {
  if (process.platform !== 'linux' || !PSEUDO_SIZES.includes(size)) return false;
  try {
    // The number may be a signed one of 32 bits.
    return PSEUDO_FILE_SYSTEMS.has(fs.statfsSync(filePath).type >>> 0);
  } catch {
    // The file was removed meanwhile, or the permission model does not allow the call.
    return false;
  }
}

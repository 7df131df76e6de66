// Shares a memory group with others and takes memory of it: node neighbour.mjs FOLDER_OF_GROUP

import { MemoryGroup } from '../../bench/memory-group.mjs';
import { now, serve } from './serve.mjs';

const STEP = 4 * 2 ** 20;
const group = new MemoryGroup(process.argv[2] ?? '');
const taken = [];

function percent() {
  return (group.usedBytes() / group.limitBytes) * 100;
}

function takeUntil(wanted) {
  while (percent() < wanted) taken.push(Buffer.allocUnsafeSlow(STEP).fill(1));
}

serve({
  /** Takes memory until `wanted` percent of the limit are used, and returns the time of that. */
  take(wanted) {
    takeUntil(wanted);
    return { crossedAt: now(), takenBytes: taken.length * STEP };
  },
  /** Takes `mebibytes` MiB, in steps that leave others some time to release theirs. */
  async takeBytes(mebibytes) {
    for (let i = 0; i < mebibytes / 4; i++) {
      taken.push(Buffer.allocUnsafeSlow(STEP).fill(1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
  /** Takes memory again as soon as others release it. */
  press(wanted) {
    takeUntil(wanted);
    const crossedAt = now();
    setInterval(() => takeUntil(wanted - 2), 20).unref();
    return { crossedAt };
  },
});

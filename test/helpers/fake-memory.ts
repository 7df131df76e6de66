import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files such as Linux shows, of a machine with 1,000,000 kB, for the roots of a monitor. */
export class FakeMemory {
  readonly procRoot: string;
  readonly cgroupRoot: string;

  constructor(folder: string) {
    this.procRoot = join(folder, 'proc');
    this.cgroupRoot = join(folder, 'cgroup');
    mkdirSync(join(this.procRoot, 'self'), { recursive: true });
    mkdirSync(this.cgroupRoot);
    writeFileSync(join(this.procRoot, 'self/cgroup'), '0::/\n');
    writeFileSync(join(this.procRoot, 'self/statm'), '200000 12800 900 1 0 5000 0\n');
    this.use(50);
  }

  use(percent: number): void {
    writeFileSync(
      join(this.procRoot, 'meminfo'),
      `MemTotal: 1000000 kB\nMemFree: 1000 kB\nMemAvailable: ${10_000 * (100 - percent)} kB\n` +
        'Buffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n',
    );
  }

  break(): void {
    writeFileSync(join(this.procRoot, 'meminfo'), 'nothing that makes sense\n');
  }
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const totalKb = 1_000_000;

/** Writes files such as Linux shows, of a machine with 1,000,000 kB, for the roots of a monitor. */
export class FakeMemory {
  readonly procRoot: string;
  readonly cgroupRoot: string;

  constructor(folder: string) {
    this.procRoot = join(folder, 'proc');
    this.cgroupRoot = join(folder, 'cgroup');
    mkdirSync(join(this.procRoot, 'self'), { recursive: true });
    mkdirSync(this.cgroupRoot, { recursive: true });
    writeFileSync(join(this.procRoot, 'self/cgroup'), '0::/\n');
    writeFileSync(join(this.procRoot, 'self/statm'), '200000 12800 900 1 0 5000 0\n');
    this.use(50);
  }

  use(percent: number): void {
    const available = totalKb - Math.round((totalKb * percent) / 100);
    writeFileSync(
      join(this.procRoot, 'meminfo'),
      `MemTotal: ${totalKb} kB\nMemFree: 1000 kB\nMemAvailable: ${available} kB\n` +
        'Buffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n',
    );
  }

  /** Writes the files of a cgroup v2, in bytes. */
  limitGroup(limit: number, used: number, inactiveFile: number): void {
    const group = join(this.cgroupRoot, 'job');
    mkdirSync(group, { recursive: true });
    writeFileSync(join(this.procRoot, 'self/cgroup'), '0::/job\n');
    writeFileSync(join(group, 'memory.max'), `${limit}\n`);
    writeFileSync(join(group, 'memory.high'), 'max\n');
    writeFileSync(join(group, 'memory.current'), `${used}\n`);
    writeFileSync(join(group, 'memory.stat'), `anon 1\ninactive_file ${inactiveFile}\n`);
  }

  /** Writes the PSI of the machine. */
  stall(some: number, full: number): void {
    mkdirSync(join(this.procRoot, 'pressure'), { recursive: true });
    writeFileSync(
      join(this.procRoot, 'pressure/memory'),
      `some avg10=${some.toFixed(2)} avg60=0.00 avg300=0.00 total=1\n` +
        `full avg10=${full.toFixed(2)} avg60=0.00 avg300=0.00 total=1\n`,
    );
  }

  break(): void {
    writeFileSync(join(this.procRoot, 'meminfo'), 'nothing that makes sense\n');
  }
}

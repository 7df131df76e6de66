// A real memory cgroup for one child process; version 1 or 2, whichever has the memory controller.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** This process's memory group, or why none can be made below it. */
function ownGroup(): { folder: string; limitFile: string } | string {
  if (process.platform !== 'linux') return 'only Linux has memory cgroups';
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  const paths = new Map(lines.map((line) => line.split(':', 3).slice(1) as [string, string]));
  const v1 = [...paths.keys()].find((controllers) => controllers.split(',').includes('memory'));
  if (v1 !== undefined) {
    const folder = join('/sys/fs/cgroup/memory', paths.get(v1) ?? '');
    return { folder, limitFile: 'memory.limit_in_bytes' };
  }
  return { folder: join('/sys/fs/cgroup', paths.get('') ?? ''), limitFile: 'memory.max' };
}

/** Why `runInCgroup` cannot run here; undefined when it can. */
export function whyNoCgroup(): string | undefined {
  const own = ownGroup();
  if (typeof own === 'string') return own;
  const group = join(own.folder, `ebbcache-probe-${process.pid}`);
  try {
    mkdirSync(group);
    writeFileSync(join(group, own.limitFile), String(64 << 20));
    return undefined;
  } catch (error) {
    return `no memory cgroup can be made (${(error as Error).message})`;
  } finally {
    try {
      rmdirSync(group);
    } catch {
      // It was not made.
    }
  }
}

/** Runs `node args...` in a new group that is limited to `bytes`; its status and output. */
export function runInCgroup(bytes: number, args: string[], cwd: string) {
  const own = ownGroup();
  if (typeof own === 'string') throw new Error(own);
  const group = join(own.folder, `ebbcache-test-${process.pid}`);
  mkdirSync(group);
  try {
    writeFileSync(join(group, own.limitFile), String(bytes));
    const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const { status, signal, stdout, stderr } = spawnSync(
      'sh',
      ['-c', enter, group, process.execPath, ...args],
      { cwd, encoding: 'utf8' },
    );
    return { status, signal, stdout, stderr };
  } finally {
    rmdirSync(group);
  }
}

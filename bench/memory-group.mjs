// Memory cgroups, version 1 or 2, for measurements under a real limit.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The files of each version of cgroups. Numbers are bytes. */
const FILES = {
  1: {
    limit: 'memory.limit_in_bytes',
    /** The limit of memory and swap, which is never below that of memory. */
    limitWithSwap: 'memory.memsw.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    events: 'memory.oom_control',
    inactiveFile: 'total_inactive_file',
    cache: 'total_cache',
    unreclaimable: ['total_inactive_anon', 'total_active_anon', 'total_unevictable'],
  },
  2: {
    limit: 'memory.max',
    limitWithSwap: undefined,
    usage: 'memory.current',
    peak: 'memory.peak',
    events: 'memory.events',
    inactiveFile: 'inactive_file',
    cache: 'file',
    unreclaimable: ['inactive_anon', 'active_anon', 'unevictable'],
  },
};

/**
 * Enters the group ($0), then becomes the command: its first page is already charged to the group.
 */
const ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
const PATIENCE_MS = 5000;

/** A group below that of this process, or as near to it as possible. The caller MUST remove it. */
export class MemoryGroup {
  /** @type {string} */
  folder;
  #files;

  /** Opens an existing group, such as one that a child process was given. @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.#files = FILES[existsSync(join(folder, FILES[1].limit)) ? 1 : 2];
  }

  /**
   * Makes a new group without swap. Throws where that is impossible: see whyNoGroup().
   * @param {number} limitBytes
   */
  static create(limitBytes) {
    const parent = findParent();
    if (typeof parent === 'string') throw new Error(`There is ${parent}.`);
    return createIn(parent.folder, limitBytes);
  }

  /**
   * Does the same as spawn() of node:child_process, in the group.
   * @param {string} command
   * @param {string[]} args
   * @param {import('node:child_process').SpawnOptions} [options]
   */
  spawn(command, args, options = {}) {
    return spawn('sh', ['-c', ENTER, this.folder, command, ...args], options);
  }

  /** Moves a process here; version 1 leaves the charges of its pages where they are. @param {number} pid */
  enter(pid) {
    this.#write('cgroup.procs', pid);
  }

  get limitBytes() {
    return Number(this.#read(this.#files.limit));
  }

  /** All bytes that are charged to the group. */
  usageBytes() {
    return Number(this.#read(this.#files.usage));
  }

  /**
   * The bytes that count towards the limit and cannot be dropped at once: usage less inactive page
   * cache.
   */
  usedBytes() {
    return this.usageBytes() - numberAfter(this.#read('memory.stat'), this.#files.inactiveFile);
  }

  /** The memory of processes and tmpfs, which no reclaim gives back without swap. */
  unreclaimableBytes() {
    const stat = this.#read('memory.stat');
    return this.#files.unreclaimable.reduce((sum, name) => sum + numberAfter(stat, name), 0);
  }

  /** The page cache, that of shared memory included. */
  cacheBytes() {
    return numberAfter(this.#read('memory.stat'), this.#files.cache);
  }

  /** The highest usage so far, page cache included; NaN where the kernel does not keep it. */
  peakBytes() {
    const { peak } = this.#files;
    return existsSync(join(this.folder, peak)) ? Number(this.#read(peak)) : Number.NaN;
  }

  oomKills() {
    return numberAfter(this.#read(this.#files.events), 'oom_kill');
  }

  /**
   * Sets the limit. Version 1 refuses a limit below the usage; this tries again for some seconds.
   * @param {number} bytes
   */
  async setLimit(bytes) {
    await withPatience('EBUSY', () => this.#writeLimit(bytes));
  }

  /** Kills all processes of the group, and removes it. */
  async remove() {
    await withPatience('EBUSY', () => {
      for (const pid of this.#read('cgroup.procs').split('\n').filter(Boolean)) kill(Number(pid));
      rmdirSync(this.folder);
    });
  }

  /**
   * Sets the limit of a new group, and disables its swap.
   * @param {number} bytes
   */
  limitWithoutSwap(bytes) {
    this.#writeLimit(bytes);
    if (existsSync(join(this.folder, 'memory.swappiness'))) this.#write('memory.swappiness', 0);
    if (existsSync(join(this.folder, 'memory.swap.max'))) this.#write('memory.swap.max', 0);
  }

  /** @param {number} bytes */
  #writeLimit(bytes) {
    const { limit, limitWithSwap } = this.#files;
    const both = [limit, limitWithSwap].filter(
      (name) => name !== undefined && existsSync(join(this.folder, name)),
    );
    // When both limits rise, the one with swap MUST be set first.
    if (bytes > this.limitBytes) both.reverse();
    for (const name of both) this.#write(/** @type {string} */ (name), bytes);
  }

  /** @param {string} name */
  #read(name) {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** @param {string} name @param {number} value */
  #write(name, value) {
    writeFileSync(join(this.folder, name), String(value));
  }
}

/**
 * Returns why MemoryGroup.create() cannot work here, e.g. 'no memory cgroup'; undefined when it
 * can.
 */
export function whyNoGroup() {
  const parent = findParent();
  return typeof parent === 'string' ? parent : undefined;
}

/**
 * Runs `use` with a new group, which is removed afterwards with all its processes.
 * @template T
 * @param {number} limitBytes
 * @param {(group: MemoryGroup) => Promise<T>} use
 */
export async function withGroup(limitBytes, use) {
  const group = MemoryGroup.create(limitBytes);
  try {
    return await use(group);
  } finally {
    await group.remove();
  }
}

let created = 0;

/** @param {string} folder @param {number} limitBytes */
function createIn(folder, limitBytes) {
  const path = join(folder, `ebbcache-${process.pid}-${created++}`);
  mkdirSync(path);
  const group = new MemoryGroup(path);
  try {
    group.limitWithoutSwap(limitBytes);
    return group;
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
}

/** Returns this process's groups from its own to the topmost visible one. */
function ownGroups() {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  const paths = new Map(lines.map((line) => /^\d+:([^:]*):(.*)$/.exec(line)?.slice(1) ?? ['', '']));
  const memory = [...paths.keys()].find((controllers) => controllers.split(',').includes('memory'));
  const mount = memory === undefined ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory';
  const folders = [join(mount, paths.get(memory ?? '') ?? '')];
  for (let folder = folders[0]; folder.length > mount.length; ) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders.filter((folder) => existsSync(folder));
}

/**
 * Enables the controller for subgroups. Version 2 allows that only in a group without processes,
 * hence often not in this process's own.
 */
function handOnMemory(folder) {
  const file = join(folder, 'cgroup.subtree_control');
  if (!existsSync(file) || readFileSync(file, 'utf8').split(/\s/).includes('memory')) return;
  writeFileSync(file, '+memory');
}

let found;

/** Returns where groups can be made and entered, or why that is impossible. */
function findParent() {
  found ??= lookForParent();
  return found;
}

/** @returns {{ folder: string } | string} */
function lookForParent() {
  if (process.platform !== 'linux') return 'no memory cgroup (only Linux has them)';
  let reason = 'there is none for this process';
  for (const folder of ownGroups()) {
    try {
      handOnMemory(folder);
      const group = createIn(folder, 64 * 2 ** 20);
      const { status, stderr } = spawnSync('sh', ['-c', ENTER, group.folder, 'true'], {
        encoding: 'utf8',
      });
      rmdirSync(group.folder);
      if (status === 0) return { folder };
      reason = stderr.trim();
    } catch (error) {
      reason = /** @type {Error} */ (error).message;
    }
  }
  return `no memory cgroup that can be made (${reason})`;
}

/** Returns the number behind a word at the start of a line. */
function numberAfter(text, word) {
  const line = text.split('\n').find((each) => each.startsWith(`${word} `));
  if (line === undefined) throw new Error(`There is no ${word} in ${JSON.stringify(text)}.`);
  return Number(line.slice(word.length));
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Repeats `attempt` while it fails with `code`, for some seconds. */
async function withPatience(code, attempt) {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      attempt();
      return;
    } catch (error) {
      if (error.code !== code || performance.now() > until) throw error;
    }
    await sleep(10);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { MemoryGroup } from '../../bench/memory-group.mjs';
import type {
  ArenaCacheOptions,
  ArenaStats,
  GovernorStatus,
  MemoryStats,
} from '../../lib/index.js';
import { GroupProcess } from './group-process.js';
import type { Outcome } from './run-script.js';

/** The sizes, in bytes, at a time in ms on a clock that all processes share. */
export interface Moment {
  at: number;
  stores: { entries: number; heldBytes: number; budgetBytes: number }[];
  /** The resident memory of the process. */
  rss: number;
  /** The memory of the group, without page cache that can be dropped at once. */
  used: number;
}

export type Event = { at: number } & (
  | { kind: 'callback' }
  | ({ kind: 'sample' } & Pick<MemoryStats, 'pressureLevel' | 'systemTotalMb' | 'limitedBy'>)
);

/** Runs a process of a group with full stores, which records their sizes every 10 ms. */
export class StoreProcess {
  readonly #process: GroupProcess;

  private constructor(process: GroupProcess) {
    this.#process = process;
  }

  static start(group: MemoryGroup, ...stores: ArenaCacheOptions[]): Promise<StoreProcess> {
    return StoreProcess.#start(group, { options: stores, isFilled: true });
  }

  /** Starts a process with one store of `entries` entries of 2,500 bytes. */
  static async startWith(
    group: MemoryGroup,
    entries: number,
    options: ArenaCacheOptions,
  ): Promise<StoreProcess> {
    const started = await StoreProcess.#start(group, { options: [options], isFilled: false });
    await started.#process.call('put', entries);
    return started;
  }

  static async #start(group: MemoryGroup, stores: object): Promise<StoreProcess> {
    const started = new StoreProcess(await GroupProcess.start(group, 'store-process.mjs'));
    await started.#process.call('open', stores);
    return started;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Starts a monitor at 20 Hz, with callbacks for all levels, and records its events. */
  startMonitor(): Promise<void> {
    return this.#process.call('monitor');
  }

  /** Blocks the event loop, while the timeline continues. */
  block(milliseconds: number): Promise<{ from: number; to: number }> {
    return this.#process.call('block', milliseconds);
  }

  /** Reads a file from its beginning to its end. */
  read(file: string): Promise<void> {
    return this.#process.call('read', file);
  }

  /** Creates `count` files and stats them, which fills the group with dentries and inodes. */
  makeFiles(folder: string, count: number): Promise<void> {
    return this.#process.call('makeFiles', { folder, count });
  }

  /** Writes a new file. */
  write(file: string, mebibytes: number): Promise<void> {
    return this.#process.call('write', { file, mebibytes });
  }

  /** Removes a file or folder. */
  remove(file: string): Promise<void> {
    return this.#process.call('remove', file);
  }

  /** Resolves to the status of the governor and the statistics of the first store. */
  status(): Promise<{ governor: GovernorStatus; stats: ArenaStats }> {
    return this.#process.call('status');
  }

  timeline(): Promise<Moment[]> {
    return this.#process.call('timeline');
  }

  latest(): Promise<Moment> {
    return this.#process.call('latest');
  }

  events(): Promise<Event[]> {
    return this.#process.call('events');
  }

  /** Resolves to the first moment that `isSo` accepts; rejects after `patienceMs` ms. */
  async until(isSo: (moment: Moment) => boolean, patienceMs: number): Promise<Moment> {
    const started = performance.now();
    for (;;) {
      const moment = await this.latest();
      if (isSo(moment)) return moment;
      if (performance.now() - started > patienceMs) {
        throw new Error(`Not within ${patienceMs} ms: at last ${JSON.stringify(moment)}`);
      }
      await sleep(20);
    }
  }

  end(): Promise<Outcome> {
    return this.#process.end();
  }
}

/** Returns the levels that its monitor has seen, each once. */
export async function levelsSeen(owner: StoreProcess): Promise<number[]> {
  const events = await owner.events();
  const levels = events.flatMap((event) => (event.kind === 'sample' ? [event.pressureLevel] : []));
  return [...new Set(levels)].toSorted();
}

/** Returns the last moment up to that time. */
export function seenAt(timeline: Moment[], time: number): Moment {
  const moment = timeline.findLast((each) => each.at <= time);
  if (moment === undefined) throw new Error('The timeline begins later.');
  return moment;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { MemoryGroup } from '../../bench/memory-group.mjs';
import type { ArenaCacheOptions, MemoryStats } from '../../lib/index.js';
import { GroupProcess } from './group-process.js';
import type { Outcome } from './run-script.js';

/** What was seen at a moment, ms on a clock that all processes share. Sizes in bytes. */
export interface Moment {
  at: number;
  stores: { heldBytes: number; budgetBytes: number }[];
  /** Of the process. */
  rss: number;
  /** Of the group, without page cache that can be dropped at once. */
  used: number;
}

export type Event = { at: number } & (
  | { kind: 'callback' }
  | ({ kind: 'sample' } & Pick<MemoryStats, 'pressureLevel' | 'systemTotalMb' | 'limitedBy'>)
);

/** A process of a group with full stores, that notes every 10 ms what becomes of them. */
export class StoreProcess {
  readonly #process: GroupProcess;

  private constructor(process: GroupProcess) {
    this.#process = process;
  }

  static async start(group: MemoryGroup, ...stores: ArenaCacheOptions[]): Promise<StoreProcess> {
    const started = new StoreProcess(await GroupProcess.start(group, 'store-process.mjs'));
    await started.#process.call('open', stores);
    return started;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** A monitor at 20 Hz, with callbacks for all levels, whose events are kept. */
  startMonitor(): Promise<void> {
    return this.#process.call('monitor');
  }

  /** Keeps JavaScript busy; the timeline goes on, the event loop does not. */
  block(milliseconds: number): Promise<{ from: number; to: number }> {
    return this.#process.call('block', milliseconds);
  }

  /** Reads a file from its beginning to its end. */
  read(file: string): Promise<void> {
    return this.#process.call('read', file);
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

  /** The first moment seen from here that is so; rejects after so many ms. */
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

/** What was last seen at that time. */
export function seenAt(timeline: Moment[], time: number): Moment {
  const moment = timeline.findLast((each) => each.at <= time);
  if (moment === undefined) throw new Error('The timeline begins later.');
  return moment;
}

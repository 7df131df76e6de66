// Compares ArenaCache with a model of times to live, under a clock that goes forward and back.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArenaCache } from '../lib/arena/arena-cache.js';

const MIB = 1024 * 1024;
const START = 1_000_000_000;

interface Entry {
  value: number;
  putAt: number;
  /** The time to live, ms; 0 if the entry does not expire. */
  ttl: number;
  /** It had expired at some time since: the cache may have noticed that, or not. */
  wasDead: boolean;
}

/** The time left is more than 0, and at most the whole time to live. */
function isAlive({ putAt, ttl }: Entry, now: number): boolean {
  const left = putAt + ttl - now;
  return ttl === 0 || (left > 0 && left <= ttl);
}

class Timed {
  now = START;
  readonly entries = new Map<string, Entry>();
  readonly cache: ArenaCache<number>;
  readonly #hasDisk: boolean;

  constructor(dir: string | undefined) {
    this.#hasDisk = dir !== undefined;
    this.cache = new ArenaCache<number>({
      maxBytes: 4 * MIB,
      ebb: false,
      clock: () => this.now,
      ...(dir === undefined ? {} : { disk: { dir, maxBytes: MIB } }),
    });
  }

  set(key: string, value: number, ttl: number): void {
    expect(this.cache.set(key, value, ttl === 0 ? undefined : { ttl })).toBe(true);
    this.entries.set(key, { value, putAt: this.now, ttl, wasDead: false });
  }

  move(ms: number): void {
    this.now += ms;
    for (const entry of this.entries.values()) entry.wasDead ||= !isAlive(entry, this.now);
  }

  /** Whether the key is there, by the model; either is right where it was dead once. */
  expect(key: string, isThere: boolean): void {
    const entry = this.entries.get(key);
    const mustBe = entry !== undefined && !entry.wasDead;
    const mayBe = entry !== undefined && isAlive(entry, this.now);
    if (isThere) expect(mayBe).toBe(true);
    else expect(mustBe).toBe(false);
  }

  read(key: string, found: number | undefined): void {
    this.expect(key, found !== undefined);
    if (found !== undefined) expect(found).toBe(this.entries.get(key)?.value);
  }

  scan(): void {
    const found = new Map(this.cache.entries());
    expect([...this.cache.keys()].sort()).toEqual([...found.keys()].sort());
    for (const key of new Set([...found.keys(), ...this.entries.keys()])) {
      this.read(key, found.get(key));
    }
  }

  /** This is compared in memory only: with a disk tier some entries may be only on disk. */
  count(): void {
    const { entries } = this.cache.stats();
    const all = [...this.entries.values()];
    expect(entries).toBeLessThanOrEqual(all.filter((each) => isAlive(each, this.now)).length);
    if (this.#hasDisk) return;
    expect(entries).toBeGreaterThanOrEqual(all.filter((each) => !each.wasDead).length);
  }

  remove(key: string): void {
    this.expect(key, this.cache.delete(key));
    this.entries.delete(key);
  }
}

const key = fc.constantFrom(...'abcdef');
const ttl = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 50 }),
  fc.integer({ min: 1, max: 65_535 }),
);
const ms = fc.oneof(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -70_000, max: 70_000 }));

/** A command for a cache and its model; the text is for the report of a failure. */
interface Step {
  text: string;
  run(timed: Timed): void;
}

const ofKey = (name: string, run: (timed: Timed, key: string) => void) =>
  key.map((each): Step => ({ text: `${name} ${each}`, run: (timed) => run(timed, each) }));

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(key, fc.integer(), ttl).map(([each, value, life]) => ({
    text: `set ${each} for ${life}`,
    run: (timed: Timed) => timed.set(each, value, life),
  })),
  ms.map((by) => ({ text: `move ${by}`, run: (timed: Timed) => timed.move(by) })),
  ofKey('get', (timed, each) => timed.read(each, timed.cache.get(each))),
  ofKey('peek', (timed, each) => timed.read(each, timed.cache.peek(each))),
  ofKey('has', (timed, each) => timed.expect(each, timed.cache.has(each))),
  ofKey('delete', (timed, each) => timed.remove(each)),
  fc.constant({ text: 'scan', run: (timed: Timed) => timed.scan() }),
  fc.constant({ text: 'count', run: (timed: Timed) => timed.count() }),
);

it('the cache agrees with the model in memory', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const timed = new Timed(undefined);
      try {
        for (const each of steps) each.run(timed);
        timed.count();
      } finally {
        timed.cache.close();
      }
    }),
    { numRuns: 300 },
  );
});

it('the cache agrees with the model in memory and on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-clock-'));
  let number = 0;
  try {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const timed = new Timed(join(folder, `${number++}`));
        try {
          for (const each of steps) each.run(timed);
        } finally {
          timed.cache.close();
        }
      }),
      { numRuns: 40 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

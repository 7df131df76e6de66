// Tests that all processes that share a folder extract a file once. EBBCACHE_LEASE_FILES sets how many files (400).

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageUrl } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const files = Number(process.env.EBBCACHE_LEASE_FILES ?? 400);
const scriptOf = (name: string) => fileURLToPath(new URL(`./helpers/${name}`, import.meta.url));

/** The messages in the order in which they came, including those that nobody waited for yet. */
class Peer {
  readonly child: ChildProcess;
  readonly #messages: unknown[] = [];
  #wake = () => {};

  constructor(script: string, args: string[]) {
    this.child = fork(scriptOf(script), args, { stdio: 'inherit' });
    this.child.on('message', (message) => {
      this.#messages.push(message);
      this.#wake();
    });
  }

  async next(): Promise<unknown> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift();
  }

  get isSilent(): boolean {
    return this.#messages.length === 0;
  }

  /** Kills it, unless it was killed before or has ended by itself. */
  async end(): Promise<void> {
    const { child } = this;
    const exited =
      child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await exited;
    expect(child.signalCode === 'SIGKILL' || child.exitCode === 0).toBe(true);
  }
}

async function withPeers(
  count: number,
  script: string,
  args: string[],
  use: (peers: Peer[]) => Promise<void>,
): Promise<void> {
  const peers = Array.from({ length: count }, (_, i) => new Peer(script, [...args, String(i)]));
  try {
    for (const peer of peers) expect(await peer.next()).toBe('ready');
    await use(peers);
  } finally {
    await Promise.all(peers.map((peer) => peer.end()));
  }
}

/** The wait is long enough for many rounds of asking for a lease. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 300));

describe('processes that fetch from one folder', () => {
  it('extract each of many files about once, in random order', async () => {
    await withTempFolder(async (parent) => {
      const args = [packageUrl, join(parent, 'cache'), String(files)];
      await withPeers(4, 'fetch-all.mjs', args, async (peers) => {
        for (const peer of peers) peer.child.send('go');
        const outcomes = (await Promise.all(peers.map((peer) => peer.next()))) as {
          extracted: string[];
          wrong: string[];
          warnings: string[];
        }[];
        for (const { wrong, warnings } of outcomes) expect([wrong, warnings]).toEqual([[], []]);
        const extracted = outcomes.flatMap((each) => each.extracted);
        expect(new Set(extracted).size).toBe(files);
        expect(extracted.length).toBeLessThanOrEqual(Math.ceil(files * 1.01));
        // Every process extracted some of the files.
        for (const each of outcomes) expect(each.extracted.length).toBeGreaterThan(files / 40);
      });
    });
  });

  it('wait for the process that loads a value', async () => {
    await withTempFolder(async (parent) => {
      await withPeers(3, 'lease-peer.mjs', [packageUrl, join(parent, 'values')], async (peers) => {
        const [first, second, third] = peers as [Peer, Peer, Peer];
        first.child.send({ fetch: 'key' });
        expect(await first.next()).toEqual({ loading: 'key' });
        for (const peer of [second, third]) peer.child.send({ fetch: 'key' });
        await aWhile();
        expect([second.isSilent, third.isSilent]).toEqual([true, true]);
        // Other keys do not wait.
        third.child.send({ fetch: 'other' });
        expect(await third.next()).toEqual({ loading: 'other' });
        first.child.send({ resolve: { key: 'key', value: { n: 1 } } });
        for (const peer of peers) expect(await peer.next()).toEqual({ fetched: { n: 1 } });
      });
    });
  });

  it('continue when the process that loads a value is killed', async () => {
    await withTempFolder(async (parent) => {
      await withPeers(3, 'lease-peer.mjs', [packageUrl, join(parent, 'values')], async (peers) => {
        const [first, ...others] = peers as [Peer, Peer, Peer];
        first.child.send({ fetch: 'key' });
        expect(await first.next()).toEqual({ loading: 'key' });
        for (const peer of others) peer.child.send({ fetch: 'key' });
        await aWhile();
        await first.end();
        const heir = await Promise.race(others.map((peer) => peer.next().then(() => peer)));
        await aWhile();
        const [waiting] = others.filter((peer) => peer !== heir) as [Peer];
        expect(waiting.isSilent).toBe(true);
        heir.child.send({ resolve: { key: 'key', value: 'of the heir' } });
        expect(await heir.next()).toEqual({ fetched: 'of the heir' });
      });
    });
  });

  it('handle a rejection and an abort each by itself', async () => {
    await withTempFolder(async (parent) => {
      await withPeers(3, 'lease-peer.mjs', [packageUrl, join(parent, 'values')], async (peers) => {
        const [first, second, third] = peers as [Peer, Peer, Peer];
        first.child.send({ fetch: 'key' });
        expect(await first.next()).toEqual({ loading: 'key' });
        second.child.send({ fetch: 'key' });
        third.child.send({ fetch: 'key' });
        await aWhile();
        third.child.send({ abort: 'key' });
        expect(await third.next()).toEqual({ failed: 'enough' });
        first.child.send({ reject: { key: 'key', message: 'no luck' } });
        expect(await first.next()).toEqual({ failed: 'no luck' });
        expect(await second.next()).toEqual({ loading: 'key' });
        second.child.send({ resolve: { key: 'key', value: 'more luck' } });
        expect(await second.next()).toEqual({ fetched: 'more luck' });
        first.child.send({ fetch: 'key' });
        expect(await first.next()).toEqual({ fetched: 'more luck' });
      });
    });
  });
});

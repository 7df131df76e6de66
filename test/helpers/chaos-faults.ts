// Runs the faults of the server and the link of a chaos run in turn, and ends them.

import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisServer } from './redis-server.js';
import type { SlowLink } from './slow-link.js';

export type Fault = (server: RedisServer, link: SlowLink, lastsMs: number) => Promise<void>;

export const faults: Record<string, Fault> = {
  async killed(server, _, lastsMs) {
    await server.kill();
    await sleep(lastsMs);
    await server.start();
  },
  async stopped(server, _, lastsMs) {
    server.hang();
    await sleep(lastsMs);
    server.goOn();
  },
  async slow(_, link, lastsMs) {
    link.bytesPerSecond = 200_000;
    await sleep(lastsMs);
    link.bytesPerSecond = Number.POSITIVE_INFINITY;
  },
  async silent(_, link, lastsMs) {
    link.isStopped = true;
    await sleep(lastsMs);
    link.isStopped = false;
  },
  async full(server, _, lastsMs) {
    await server.cli('config', 'set', 'maxmemory-policy', 'noeviction');
    await server.cli('config', 'set', 'maxmemory', '1');
    await sleep(lastsMs);
    await server.cli('config', 'set', 'maxmemory', '0');
  },
  async readOnly(server, _, lastsMs) {
    await server.cli('replicaof', '127.0.0.1', '1');
    await sleep(lastsMs);
    await server.cli('replicaof', 'no', 'one');
  },
};

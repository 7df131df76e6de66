// Tests user code that a cache calls, and that shuts the cache down: the call in flight ends as it would have
// otherwise, and nothing is reported of what comes after.

import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type AdvancedMetadataCache,
  ClosedError,
  EnhancedMetadataCache,
  MemoryPressureMonitor,
  PressureLevel,
} from '../lib/index.js';
import { ClosingGate } from '../lib/metadata/closing-gate.js';
import { Caches } from './helpers/caches.js';
import { FakeRemote, FakeServer } from './helpers/fake-remote.js';

const caches = new Caches();
const warnings = vi.spyOn(process, 'emitWarning');

afterEach(() => expect(warnings).not.toHaveBeenCalled());

/** Opens a cache whose disk tier has failed, and that its first log message shuts down. */
function makeTroubled(options: object = {}) {
  writeFileSync(caches.cacheDir, 'no folder');
  const cache = caches.make({ validate: 'none', ...options });
  const { logger } = caches;
  for (const level of ['warn', 'info'] as const) {
    logger[level].mockImplementation(() => cache.shutdown());
  }
  return cache;
}

describe('a logger that shuts the cache down', () => {
  const calls: [string, (cache: AdvancedMetadataCache) => Promise<unknown>][] = [
    ['flush', (cache) => cache.flush()],
    [
      'fetch',
      (cache) => cache.fetch('none', () => new Promise<never>(() => {})).catch((error) => error),
    ],
  ];

  it.each(calls)('lets the call end when the disk tier has failed: %s', async (_, call) => {
    const cache = makeTroubled();
    cache.put('stored', { n: 1 });
    const ended = await call(cache);
    await vi.waitFor(() => expect(cache.closed).toBe(true));
    expect(ended === false || ended instanceof ClosedError).toBe(true);
    expect(caches.logger.warn).toHaveBeenCalledTimes(1);
    expect(caches.logger.error).not.toHaveBeenCalled();
    expect(() => cache.get('stored')).toThrow(ClosedError);
  });

  it('ends the cache in the middle of a put', () => {
    const cache = makeTroubled({ maxDiskSizeMb: 0 });
    expect(cache.put(`${caches.file}\0`, { n: 1 })).toBe(true);
    expect(cache.put('large', { text: 'x'.repeat(20_000_000) })).toBe(false);
    expect(caches.logger.warn).toHaveBeenCalledTimes(1);
    expect(cache.closed).toBe(true);
  });
});

describe('metadata and remotes that shut the cache down', () => {
  it('are stored nevertheless', async () => {
    const cache = caches.make({ validate: 'none' });
    const metadata = {
      get n() {
        cache.shutdown();
        return 1;
      },
    };
    expect(cache.put('file', metadata)).toBe(true);
    expect(cache.closed).toBe(true);
    expect(caches.logger.warn).not.toHaveBeenCalled();
    expect(caches.make({ validate: 'none' }).get('file')).toEqual({ n: 1 });
  });

  it.each(['set', 'delete', 'clear'] as const)('do not interrupt the call: %s', (method) => {
    const remote = new FakeRemote(new FakeServer());
    const cache = caches.make({ remote, maxDiskSizeMb: 0 });
    const original = remote[method].bind(remote) as (...args: unknown[]) => never;
    vi.spyOn(remote, method).mockImplementation((...args: unknown[]) => {
      cache.shutdown();
      return original(...args);
    });
    expect(cache.put(caches.file, { n: 1 })).toBe(true);
    if (method === 'delete') cache.invalidateFile(caches.file);
    if (method === 'clear') cache.clearAll();
    expect(cache.closed).toBe(true);
    expect(remote.closed).toBe(true);
    expect(caches.logger.warn).not.toHaveBeenCalled();
  });
});

describe("a monitor's listener that shuts the cache down", () => {
  /** The first sample of this monitor has a level that the cache reacts to. */
  const makeMonitor = () =>
    new MemoryPressureMonitor({
      normalThreshold: 1e-9,
      elevatedThreshold: 2e-9,
      highThreshold: 3e-9,
      criticalThreshold: 4e-9,
    });

  it.each(['before', 'after'])(
    'causes no error when it is called %s that of the cache',
    (order) => {
      const monitor = makeMonitor();
      const errors: unknown[] = [];
      monitor.on('error', (error) => errors.push(error));
      const shutDown = () => cache.shutdown();
      if (order === 'before') monitor.on('sample', shutDown);
      const cache = new EnhancedMetadataCache({ maxDiskSizeMb: 0, monitor });
      if (order === 'after') monitor.on('sample', shutDown);
      expect(monitor.sample().pressureLevel).toBe(PressureLevel.CRITICAL);
      expect(cache.closed).toBe(true);
      expect(errors).toEqual([]);
    },
  );

  it.each(['sample', 'pressure', 'callback', 'error'])(
    'causes no error from within: %s',
    (event) => {
      const monitor = makeMonitor();
      const errors: unknown[] = [];
      const cache = new EnhancedMetadataCache({ maxDiskSizeMb: 0, monitor });
      const second = new EnhancedMetadataCache({ maxDiskSizeMb: 0, monitor });
      const shutDown = () => {
        second.shutdown();
        cache.shutdown();
      };
      if (event === 'callback') monitor.registerPressureCallback(PressureLevel.CRITICAL, shutDown);
      else monitor.on(event as 'sample', shutDown);
      monitor.on('error', (error) => errors.push(error));
      if (event === 'error') monitor.once('sample', () => Promise.reject(new Error('a listener')));
      monitor.sample();
      if (event === 'error') return;
      expect(cache.closed).toBe(true);
      expect(errors).toEqual([]);
    },
  );

  it.each(['getStats', 'getDetailedInfo', 'getMemoryStatus'] as const)(
    'does not interrupt a call that takes the first sample: %s',
    (method) => {
      const monitor = makeMonitor();
      const cache = new EnhancedMetadataCache({ maxDiskSizeMb: 0, monitor });
      monitor.on('sample', () => cache.shutdown());
      expect(cache[method]()).toBeTypeOf('object');
      expect(cache.closed).toBe(true);
      expect(() => cache[method]()).toThrow(ClosedError);
    },
  );
});

describe('a closing gate', () => {
  it('finishes once, when the last call is over, even one that throws', () => {
    const finish = vi.fn();
    const gate = new ClosingGate(finish);
    gate.run(() => {
      expect(() =>
        gate.run(() => {
          gate.close();
          throw new Error('inner');
        }),
      ).toThrow('inner');
      expect(finish).not.toHaveBeenCalled();
      gate.close();
    });
    expect(finish).toHaveBeenCalledTimes(1);
    gate.close();
    gate.run(() => {});
    expect(finish).toHaveBeenCalledTimes(1);
  });
});

// Tests monitors and the governor while processes, threads and copies of the addon start and end.

import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FakeMemory } from './helpers/fake-memory.js';
import { packageUrl, runScript, silentSuccess } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const root = join(import.meta.dirname, '..');
const swingingUrl = new URL('./helpers/swinging-monitor.mjs', import.meta.url).href;

/**
 * Scripts have `ebbcache`, monitors whose level changes 20 times a second, by the number of their
 * machine, and `startWorker`, which runs a source that has all of this except `startWorker`.
 */
function tools(machines: { procRoot: string; cgroupRoot: string }[]) {
  const inAll = `
    import { writeFileSync } from 'node:fs';
    import { once } from 'node:events';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { Worker, parentPort } from 'node:worker_threads';
    import { swingingMonitor } from ${JSON.stringify(swingingUrl)};
    const { MemoryPressureMonitor, PressureLevel } = ebbcache;
    const machines = ${JSON.stringify(machines)};
    const swinging = (i) => swingingMonitor(ebbcache, machines[i]);
    const onChange = (monitor, callback) => {
      for (const level of Object.values(PressureLevel)) {
        monitor.registerPressureCallback(level, callback);
      }
      monitor.startMonitoring();
    };
    const open = () => new ebbcache.ArenaCache({ maxBytes: 1 << 20 });
    const until = async (isSo) => {
      while (!isSo()) await sleep(10);
    };
    // This keeps the process alive for a limited time, after which it prints a line.
    const stay = () => setTimeout(() => console.log('nothing ended it'), 20_000);
  `;
  return `${inAll}
    const startWorker = (source) => new Worker(new URL('data:text/javascript,' + encodeURIComponent(
      'import * as ebbcache from ${JSON.stringify(packageUrl)};' + ${JSON.stringify(inAll)} + source)));
  `;
}

/** Runs an ESM script in a process of its own, with made-up machines. */
async function run(script: string, count = 3) {
  return withTempFolder(async (folder) => {
    const machines = Array.from({ length: count }, (_, i) => {
      const { procRoot, cgroupRoot } = new FakeMemory(join(folder, `machine-${i}`));
      return { procRoot, cgroupRoot };
    });
    return runScript(`${tools(machines)}\n${script}`, ['--expose-gc']);
  });
}

describe.concurrent('a process with monitors', () => {
  it.each<[string, string]>([
    [
      'after monitors were started and stopped 1,000 times',
      `const monitor = new MemoryPressureMonitor();
       for (let i = 0; i < 1000; i++) {
         monitor.startMonitoring();
         monitor.stopMonitoring();
         const another = new MemoryPressureMonitor({ sampleIntervalSeconds: 0.05 });
         another.startMonitoring();
         if (i % 2 === 0) another.stopMonitoring();
         if (i % 100 === 0) globalThis.gc();
       }`,
    ],
    [
      'after the global monitor was shut down and started 1,000 times',
      `for (let i = 0; i < 1000; i++) {
         ebbcache.getGlobalMonitor();
         ebbcache.shutdownMonitoring();
       }
       ebbcache.getGlobalMonitor();`,
    ],
    [
      'with a monitor that calls back',
      `let calls = 0;
       onChange(swinging(0), () => calls++);
       await until(() => calls >= 3);`,
    ],
    [
      'with a monitor and an open cache',
      `globalThis.kept = open(); onChange(swinging(0), () => {});`,
    ],
    [
      'when an exit handler shuts monitoring down',
      `ebbcache.getGlobalMonitor();
       onChange(swinging(0), () => {});
       process.on('exit', () => {
         ebbcache.getGlobalMonitor().sample();
         ebbcache.shutdownMonitoring();
         ebbcache.getGlobalMonitor().sample();
         ebbcache.shutdownMonitoring();
       });
       await sleep(120);`,
    ],
    [
      'after workers that monitor',
      `const workers = [0, 1, 2].map((i) => startWorker(\`
         let calls = 0;
         globalThis.kept = open();
         ebbcache.getGlobalMonitor();
         onChange(swinging(\${i}), () => calls++);
         await until(() => calls >= 3);\`));
       const ends = workers.map((worker) => once(worker, 'exit'));
       if ((await Promise.all(ends)).flat().join() !== '0,0,0') throw new Error('not a clean end');`,
    ],
    [
      'after callbacks that threw and rejected, which are errors of the monitor',
      `const monitor = swinging(0);
       const messages = new Set();
       monitor.on('error', ({ message }) => messages.add(message));
       monitor.on('pressure', async () => { throw new Error('rejected'); });
       onChange(monitor, () => { throw new Error('thrown'); });
       await until(() => messages.has('rejected') && messages.has('thrown'));
       if (messages.size !== 2) throw new Error([...messages].join());`,
    ],
  ])('ends by itself %s', async (_, script) => {
    expect(await run(script)).toEqual(silentSuccess);
  });

  it('ends by itself after callbacks that threw without a listener, and warns', async () => {
    const { code, signal, stderr } = await run(
      `let calls = 0;
       onChange(swinging(0), () => {
         calls++;
         throw new Error('thrown');
       });
       await until(() => calls >= 3);`,
    );
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stderr.match(/EbbcacheWarning: thrown/g)).toHaveLength(1);
  });
});

describe.concurrent('a call of process.exit', () => {
  it.each<[string, string]>([
    ['in a pressure callback', 'onChange(swinging(0), () => process.exit()); stay();'],
    [
      "in a listener of 'pressure'",
      `const monitor = swinging(0);
       monitor.on('pressure', () => process.exit());
       monitor.startMonitoring();
       stay();`,
    ],
    [
      "in a listener of 'sample', later",
      `const monitor = swinging(0);
       let samples = 0;
       monitor.on('sample', () => {
         if (++samples === 3) process.exit();
       });
       monitor.startMonitoring();
       stay();`,
    ],
    [
      'in the first sample',
      `const monitor = new MemoryPressureMonitor();
       monitor.on('sample', () => process.exit());
       monitor.startMonitoring();
       console.log('went on');`,
    ],
    [
      "in a listener of 'error'",
      `writeFileSync(machines[0].procRoot + '/meminfo', 'nothing that makes sense');
       const monitor = new MemoryPressureMonitor(machines[0]);
       monitor.on('error', () => process.exit());
       monitor.startMonitoring();
       console.log('went on');`,
    ],
    [
      'in a callback, with an open cache and an exit handler',
      `globalThis.kept = open();
       process.on('exit', () => ebbcache.shutdownMonitoring());
       ebbcache.getGlobalMonitor();
       onChange(swinging(0), () => process.exit());
       stay();`,
    ],
    [
      'while a worker samples',
      `const worker = startWorker(\`
         globalThis.kept = open();
         const monitor = new MemoryPressureMonitor();
         monitor.sample();
         parentPort.postMessage('ready');
         for (;;) monitor.sample();\`);
       await once(worker, 'message');
       ebbcache.getGlobalMonitor();
       process.exit();`,
    ],
    [
      'while workers call back',
      `const workers = [1, 2].map((i) => startWorker(\`
         onChange(swinging(\${i}), () => parentPort.postMessage('called'));
         stay();\`));
       await Promise.all(workers.map((worker) => once(worker, 'message')));
       onChange(swinging(0), () => process.exit());
       stay();`,
    ],
  ])('ends the process %s', async (_, script) => {
    expect(await run(script)).toEqual(silentSuccess);
  });

  it('ends a worker in a callback', async () => {
    const script = `
      const worker = startWorker(\`
        globalThis.kept = open();
        onChange(swinging(1), () => process.exit(7));
        stay();\`);
      const [code] = await once(worker, 'exit');
      if (code !== 7) throw new Error('exit ' + code);
      new MemoryPressureMonitor().sample();`;
    expect(await run(script)).toEqual(silentSuccess);
  });
});

describe('a worker with a monitor', () => {
  it('may be terminated in a callback, before one that is due, and between two', async () => {
    const workers = 50;
    const script = `
      // The workers end in the callback, with the timer due, or at any moment.
      const stages = [
        'for (;;);',
        'setImmediate(() => { for (;;); });',
        'const until = performance.now() + 10; while (performance.now() < until);',
      ];
      const runOne = async (i) => {
        const worker = startWorker(\`
          globalThis.kept = open();
          onChange(swinging(\${i}), () => {
            parentPort.postMessage('called');
            \${stages[i % stages.length]}
          });
          stay();\`);
        worker.on('error', (error) => { throw error; });
        await once(worker, 'message');
        await sleep((i * 7) % 80);
        await worker.terminate();
      };
      ebbcache.getGlobalMonitor();
      globalThis.kept = open();
      let next = 0;
      const runInTurn = async () => {
        while (next < ${workers}) await runOne(next++);
      };
      await Promise.all(Array.from({ length: 5 }, runInTurn));
      ebbcache.getGlobalMonitor().sample();
      kept.set('a', 1);
      if (kept.get('a') !== 1) throw new Error('lost');`;
    expect(await run(script, workers)).toEqual(silentSuccess);
  });
});

/** Copies the built package: its addon is another file, hence another library. */
function copyPackage(folder: string): string {
  mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
  for (const path of ['package.json', 'dist', join('build', 'Release', 'ebbcache.node')]) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return pathToFileURL(join(folder, 'dist', 'index.js')).href;
}

describe('several copies of the addon in one process', () => {
  it('each have monitors and a governor of their own', async () => {
    await withTempFolder(async (folder) => {
      const urls = ['one', 'two', 'three'].map((name) => copyPackage(join(folder, name)));
      const script = `
        const copies = [ebbcache];
        for (const url of ${JSON.stringify(urls)}) copies.push(await import(url));
        const calls = copies.map(() => 0);
        globalThis.kept = copies.map((copy, i) => {
          const cache = new copy.ArenaCache({ maxBytes: 1 << 20, name: 'same' });
          cache.set('key', i);
          const monitor = swingingMonitor(copy, machines[i]);
          copy.getGlobalMonitor();
          onChange(monitor, () => calls[i]++);
          return cache;
        });
        await until(() => calls.every((each) => each >= 3));
        if (kept.some((cache, i) => cache.get('key') !== i)) throw new Error('mixed up');
        kept[0].close();
        copies[1].shutdownMonitoring();
        copies[2].getGlobalMonitor().sample();
        if (kept[3].get('key') !== 3) throw new Error('lost');`;
      expect(await run(script, urls.length + 1)).toEqual(silentSuccess);
    });
  });
});

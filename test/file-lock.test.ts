// The lock between processes and between threads of one, and that nothing leaves it behind.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { native } from '../lib/native.js';
import { runNode } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const isWindows = process.platform === 'win32';
const nativeUrl = new URL('../dist/native.js', import.meta.url).href;
const holder = fileURLToPath(new URL('./helpers/hold-lock.mjs', import.meta.url));

type Method = 'tryExclusive' | 'tryShared';

interface Holder {
  child: ChildProcess;
  isHeld: boolean;
  /** The process that it started while it had the lock, and that lives on. */
  heir: number;
}

/** A process that has tried to take the lock and lives on. */
async function startHolder(path: string, method: Method): Promise<Holder> {
  const child = spawn(process.execPath, [holder, nativeUrl, path, method], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [isHeld, heir] = line.toString().trim().split(' ');
  return { child, isHeld: isHeld === 'true', heir: Number(heir) };
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'exit');
  child.kill('SIGKILL');
  await closed;
}

function errorOf(run: () => unknown): Error & { code?: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It threw no error.');
}

describe('a lock on a file', () => {
  it('is of one, or shared by several', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'lock');
      const one = new native.FileLock(path);
      const other = new native.FileLock(path);
      expect(one.tryExclusive()).toBe(true);
      expect(one.tryExclusive()).toBe(true);
      expect(other.tryExclusive()).toBe(false);
      expect(other.tryShared()).toBe(false);
      expect(one.tryShared()).toBe(true);
      expect(other.tryShared()).toBe(true);
      // Neither may have it alone, and who asked for that has none.
      expect(one.tryExclusive()).toBe(false);
      expect(other.tryExclusive()).toBe(true);
      other.close();
      other.close();
      expect(one.tryExclusive()).toBe(true);
      one.close();
    });
  });

  it('ends with its process, whatever that has started', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'lock');
      const lock = new native.FileLock(path);
      const alone = await startHolder(path, 'tryExclusive');
      expect(alone.isHeld).toBe(true);
      expect(lock.tryShared()).toBe(false);
      await kill(alone.child);
      process.kill(alone.heir, 0);
      expect(lock.tryShared()).toBe(true);
      const shared = await startHolder(path, 'tryShared');
      const refused = await startHolder(path, 'tryExclusive');
      expect([shared.isHeld, refused.isHeld]).toEqual([true, false]);
      expect(lock.tryExclusive()).toBe(false);
      await kill(shared.child);
      expect(lock.tryExclusive()).toBe(true);
      await kill(refused.child);
      for (const { heir } of [alone, shared, refused]) process.kill(heir, 'SIGKILL');
      lock.close();
    });
  });

  it('is of one thread, and ends with it', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'lock');
      const source = `
        import { parentPort } from 'node:worker_threads';
        import { native } from ${JSON.stringify(nativeUrl)};
        const lock = new native.FileLock(${JSON.stringify(path)});
        parentPort.on('message', (method) => parentPort.postMessage(lock[method]()));
        parentPort.postMessage('ready');
      `;
      const startWorker = async () => {
        const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
        const worker = new Worker(url);
        await once(worker, 'message');
        return worker;
      };
      const ask = async (worker: Worker, method: Method): Promise<boolean> => {
        worker.postMessage(method);
        const [isHeld] = await once(worker, 'message');
        return isHeld;
      };
      const one = await startWorker();
      const other = await startWorker();
      expect(await ask(one, 'tryExclusive')).toBe(true);
      expect(await ask(other, 'tryExclusive')).toBe(false);
      expect(await ask(other, 'tryShared')).toBe(false);
      await one.terminate();
      expect(await ask(other, 'tryExclusive')).toBe(true);
      await other.terminate();
      const lock = new native.FileLock(path);
      expect(lock.tryExclusive()).toBe(true);
      lock.close();
    });
  });

  it('ends when nobody has the object any more', async () => {
    await withTempFolder(async (folder) => {
      const path = JSON.stringify(join(folder, 'lock'));
      const script = `
        import { native } from ${JSON.stringify(nativeUrl)};
        (() => new native.FileLock(${path}).tryExclusive())();
        const lock = new native.FileLock(${path});
        while (!lock.tryExclusive()) {
          gc();
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      `;
      expect(await runNode(['--expose-gc', '--input-type=module', '--eval', script])).toEqual({
        code: 0,
        signal: null,
        stdout: '',
        stderr: '',
      });
    });
  });

  it('says that it is closed', async () => {
    await withTempFolder(async (folder) => {
      const lock = new native.FileLock(join(folder, 'lock'));
      lock.close();
      const closed = { code: 'ERR_EBBCACHE_CLOSED', message: 'The lock is closed.' };
      expect(errorOf(() => lock.tryExclusive())).toMatchObject(closed);
      expect(errorOf(() => lock.tryShared())).toMatchObject(closed);
    });
  });
});

describe('the file of a lock', () => {
  it('is made, and left as it is where it was', async () => {
    await withTempFolder(async (folder) => {
      const made = join(folder, 'made');
      new native.FileLock(made).close();
      expect(statSync(made).size).toBe(0);
      if (!isWindows) expect(statSync(made).mode & 0o777).toBe(0o600);
      const found = join(folder, 'found');
      writeFileSync(found, 'text');
      const lock = new native.FileLock(found);
      expect(lock.tryExclusive()).toBe(true);
      // Others may read it all the same.
      expect(readFileSync(found, 'utf8')).toBe('text');
      lock.close();
    });
  });

  it('must be a plain file that can be opened', async () => {
    await withTempFolder(async (folder) => {
      const refusals: [path: string, reason: string][] = [[join(folder, 'missing', 'lock'), '']];
      mkdirSync(join(folder, 'folder'));
      refusals.push([join(folder, 'folder'), '']);
      if (!isWindows) {
        writeFileSync(join(folder, 'file'), '');
        symlinkSync('file', join(folder, 'link'));
        symlinkSync('elsewhere', join(folder, 'dangling'));
        spawnSync('mkfifo', [join(folder, 'pipe')]);
        refusals.splice(
          0,
          2,
          [join(folder, 'missing', 'lock'), 'No such file or directory.'],
          [join(folder, 'folder'), 'Is a directory.'],
          [join(folder, 'link'), ''],
          [join(folder, 'dangling'), ''],
          [join(folder, 'pipe'), 'Not a plain file.'],
        );
      }
      for (const [path, reason] of refusals) {
        const error = errorOf(() => new native.FileLock(path));
        expect(error).toMatchObject({ code: 'ERR_EBBCACHE_LOCK' });
        expect(error.message).toContain(`'${path}' cannot be opened: ${reason}`);
      }
    });
  });

  it.each([undefined, 7, '', 'a\0b'])('must have a path, which %j is not', (path) => {
    // What TypeScript does not let pass may come all the same.
    expect(errorOf(() => Reflect.construct(native.FileLock, [path]))).toMatchObject({
      code: 'ERR_EBBCACHE_ARGUMENT',
      message: "The lock's path must be a path.",
    });
  });
});

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { MemoryGroup } from '../../bench/memory-group.mjs';
import type { Outcome } from './run-script.js';

/** Runs `node args...` in the group to its end. */
export async function runInGroup(group: MemoryGroup, args: string[]): Promise<Outcome> {
  return outcomeOf(group.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    // The event 'close' does not come if this end of the channel was closed first.
    once(child, 'exit'),
  ]);
  return { code, signal, stdout, stderr };
}

/** A process in a group that runs a script of this folder, which calls serve(). */
export class GroupProcess {
  readonly #child: ChildProcess;
  readonly #outcome: Promise<Outcome>;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #calls = 0;

  private constructor(group: MemoryGroup, script: string) {
    const file = fileURLToPath(new URL(script, import.meta.url));
    this.#child = group.spawn(process.execPath, [file, group.folder], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#outcome = outcomeOf(this.#child);
    this.#child.on('message', ({ id, result }: { id: number; result: unknown }) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  /** Resolves to a process that is ready for calls. */
  static async start(group: MemoryGroup, script: string): Promise<GroupProcess> {
    const started = new GroupProcess(group, script);
    await started.#answer(0, 'start');
    return started;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves to the answer of the handler with that name. Rejects when the process ends before. */
  async call<T>(name: string, argument?: unknown): Promise<T> {
    const id = ++this.#calls;
    this.#child.send({ id, name, argument });
    return (await this.#answer(id, name)) as T;
  }

  /** Lets the process end by itself, as it does when no more calls can come. */
  async end(): Promise<Outcome> {
    if (this.#child.connected) this.#child.disconnect();
    return this.#outcome;
  }

  #answer(id: number, name: string): Promise<unknown> {
    return Promise.race([
      new Promise((resolve) => this.#waiting.set(id, resolve)),
      this.#outcome.then((outcome) => {
        throw new Error(
          `The process ended before it answered '${name}': ${JSON.stringify(outcome)}`,
        );
      }),
    ]);
  }
}

import { Worker } from 'node:worker_threads';

/** This is the built single flight, for scripts that run in threads and processes of their own. */
export const flightUrl = new URL('../../dist/flights/single-flight.js', import.meta.url).href;

export interface Settled {
  value?: unknown;
  error?: { name: string; message: string; code?: unknown };
}

interface Message extends Settled {
  id: number;
  event: 'joined' | 'started' | 'aborted' | 'settled' | 'answer' | 'forgotten';
  isCurrent?: boolean;
}

/** Counts how often work was started, in all threads that share it. */
export class StartCount {
  readonly buffer = new SharedArrayBuffer(4);

  get value(): number {
    return new Int32Array(this.buffer)[0]!;
  }
}

/** Runs a thread with a SingleFlight that executes commands. */
export class FlightThread {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #failed: Promise<never>;
  #lastId = 0;

  constructor(starts: StartCount, scope = 'scope') {
    this.#worker = new Worker(new URL('flight-worker.mjs', import.meta.url), {
      workerData: { flightUrl, scope, starts: starts.buffer },
    });
    this.#worker.setMaxListeners(0);
    this.#exited = new Promise((resolve) => this.#worker.on('exit', resolve));
    this.#failed = new Promise((_, reject) => this.#worker.on('error', reject));
    // A test may end the thread by an exception; only who waits for an answer then is told.
    this.#failed.catch(() => {});
  }

  /** Resolves once all the calls have joined. */
  async run({ key = 'key', version = '1', calls = 1 } = {}): Promise<FlightRun> {
    const id = ++this.#lastId;
    const run = new FlightRun(this, id, calls);
    await this.ask('joined', { id, call: 'run', key, version, calls });
    return run;
  }

  /** Applies to all keys when `key` is left out. */
  async forget(key?: string): Promise<void> {
    await this.ask('forgotten', { id: ++this.#lastId, call: 'forget', key });
  }

  async end(how: 'terminate' | 'exit' | 'throw' = 'terminate'): Promise<void> {
    if (how === 'terminate') await this.#worker.terminate();
    else this.tell({ call: how });
    await this.#exited;
  }

  tell(message: object): void {
    this.#worker.postMessage(message);
  }

  async ask(
    event: Message['event'],
    message: { id: number; call: string; [name: string]: unknown },
  ) {
    const answer = this.messages(message.id, event);
    this.tell(message);
    return (await Promise.race([answer, this.#failed]))[0]!;
  }

  /** Resolves to the next `count` messages of an event of a run. */
  messages(id: number, event: Message['event'], count = 1): Promise<Message[]> {
    return new Promise((resolve) => {
      const found: Message[] = [];
      const listener = (message: Message) => {
        if (message.id !== id || message.event !== event) return;
        found.push(message);
        if (found.length < count) return;
        this.#worker.off('message', listener);
        resolve(found);
      };
      this.#worker.on('message', listener);
    });
  }
}

/** Represents calls of one thread that wait together. */
export class FlightRun {
  /** Resolves when its own work, not another's, has begun. */
  readonly started: Promise<unknown>;
  /** Resolves when the signal of its work has aborted. */
  readonly aborted: Promise<unknown>;
  /** Resolves to the outcome of each call. */
  readonly settled: Promise<Settled[]>;
  readonly #thread: FlightThread;
  readonly #id: number;

  constructor(thread: FlightThread, id: number, calls: number) {
    this.#thread = thread;
    this.#id = id;
    this.started = thread.messages(id, 'started');
    this.aborted = thread.messages(id, 'aborted');
    this.settled = thread
      .messages(id, 'settled', calls)
      .then((all) => all.map(({ value, error }) => (error === undefined ? { value } : { error })));
  }

  resolve(value: unknown): void {
    this.#thread.tell({ id: this.#id, call: 'resolve', value });
  }

  reject(message: string, code: string): void {
    this.#thread.tell({ id: this.#id, call: 'reject', message, code });
  }

  /** Aborts all its callers. */
  abort(): void {
    this.#thread.tell({ id: this.#id, call: 'abort' });
  }

  /** Resolves to what `isCurrent` returns to its work. */
  async isCurrent(): Promise<boolean | undefined> {
    return (await this.#thread.ask('answer', { id: this.#id, call: 'ask' })).isCurrent;
  }
}

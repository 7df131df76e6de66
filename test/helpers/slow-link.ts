// Links clients with a server at a limited rate of bytes a second, and can be stopped.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Each turn carries about 2 ms of the link. */
const TURN_MS = 2;

/** Holds the data that came in at one end and waits to be carried to the other. */
interface Lane {
  from: Socket;
  to: Socket;
  waiting: Buffer[];
  bytes: number;
}

/** The rate applies to each direction, and all connections share it in turns. */
export class SlowLink {
  bytesPerSecond: number;
  isStopped = false;
  readonly port: number;
  readonly #server: Server;
  readonly #up = new Set<Lane>();
  readonly #down = new Set<Lane>();
  readonly #timer: NodeJS.Timeout;
  #carriedAt = performance.now();

  private constructor(server: Server, port: number, target: number, bytesPerSecond: number) {
    this.#server = server;
    this.port = port;
    this.bytesPerSecond = bytesPerSecond;
    server.on('connection', (client: Socket) => this.#join(client, connect(target, '127.0.0.1')));
    this.#timer = setInterval(() => this.#carry(), TURN_MS);
  }

  /** Starts a link to the server at the port `target`. */
  static async start(target: number, bytesPerSecond = Number.POSITIVE_INFINITY): Promise<SlowLink> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SlowLink(server, (server.address() as AddressInfo).port, target, bytesPerSecond);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    for (const { from } of [...this.#up, ...this.#down]) from.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, upstream: Socket): void {
    this.#lane(this.#up, client, upstream);
    this.#lane(this.#down, upstream, client);
  }

  #lane(lanes: Set<Lane>, from: Socket, to: Socket): void {
    const lane: Lane = { from, to, waiting: [], bytes: 0 };
    lanes.add(lane);
    from.setNoDelay(true);
    from.on('data', (data: Buffer) => {
      lane.waiting.push(data);
      lane.bytes += data.length;
    });
    from.on('error', () => {});
    // Data that is still waiting is lost.
    from.on('close', () => {
      lanes.delete(lane);
      to.destroy();
    });
  }

  #carry(): void {
    const now = performance.now();
    // A machine that was busy does not make the link faster afterwards.
    const elapsed = Math.min(now - this.#carriedAt, 5 * TURN_MS);
    this.#carriedAt = now;
    if (this.isStopped) return;
    const budget = (this.bytesPerSecond * elapsed) / 1000;
    carryAll(this.#up, budget);
    carryAll(this.#down, budget);
  }
}

/** Carries equal shares; the others use what one lane does not need. */
function carryAll(lanes: Set<Lane>, budget: number): void {
  const full = [...lanes].filter((lane) => lane.bytes > 0).sort((a, b) => a.bytes - b.bytes);
  let left = budget;
  full.forEach((lane, i) => {
    left -= carry(lane, Math.min(lane.bytes, left / (full.length - i)));
  });
}

function carry(lane: Lane, bytes: number): number {
  let left = Math.ceil(bytes);
  while (left > 0 && lane.waiting.length > 0) {
    const first = lane.waiting[0] as Buffer;
    const part = first.subarray(0, left);
    lane.to.write(part);
    left -= part.length;
    lane.bytes -= part.length;
    if (part.length === first.length) lane.waiting.shift();
    else lane.waiting[0] = first.subarray(part.length);
  }
  return Math.ceil(bytes) - left;
}

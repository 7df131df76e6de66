// Starts Redis servers for tests: on loopback, at free ports, without persistence.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { until } from './until.js';

/** The server may be another program, such as that of Valkey. */
const SERVER = process.env.EBBCACHE_REDIS_SERVER ?? 'redis-server';

/** Returns why no server can run; undefined if one can. */
export function whyNoRedis(): string | undefined {
  if (process.platform === 'win32') return 'no redis-server for Windows';
  const missing = [SERVER, 'redis-cli'].find(
    (command) => spawnSync(command, ['--version']).status !== 0,
  );
  return missing && `no ${missing} (Debian: redis-server)`;
}

/** Returns why no server with TLS can run; undefined if one can. */
export function whyNoTls(): string | undefined {
  if (spawnSync('openssl', ['version']).status !== 0) return whyNoRedis() ?? 'no openssl';
  // A server that is built without TLS does not know the option, and exits.
  const { stdout } = spawnSync(SERVER, ['--port', '0', '--tls-port', '1']);
  const isKnown = stdout?.toString().includes('tls-cert-file');
  return whyNoRedis() ?? (isKnown ? undefined : `no TLS in ${SERVER}`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return address.port;
}

export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ebbcache-redis-'));
  readonly #settings: string[];
  #process: ChildProcess | undefined;
  #admin: Redis | undefined;

  private constructor(port: number, settings: string[]) {
    this.port = port;
    this.#settings = settings;
  }

  /** Resolves to a server that is ready for connections. */
  static async start(...settings: string[]): Promise<RedisServer> {
    const server = await RedisServer.absent(...settings);
    await server.start();
    return server;
  }

  /** Resolves to a server that is not started yet: nothing listens at its port. */
  static async absent(...settings: string[]): Promise<RedisServer> {
    return new RedisServer(await freePort(), settings);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const args = [...place, '--save', '', '--appendonly', 'no', ...this.#settings];
    const child = spawn(SERVER, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    child.stdout.setEncoding('utf8');
    let log = '';
    for await (const text of child.stdout) {
      log += text;
      if (log.includes('Ready to accept connections')) break;
    }
    if (!log.includes('Ready to accept connections')) throw new Error(`No server: ${log}`);
  }

  /** Stops its process: connections stay open, and the system accepts new ones. */
  hang(): void {
    this.#process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    this.#admin?.disconnect();
    this.#admin = undefined;
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (hasEnded) throw new Error('The server had ended before it was killed.');
    child.kill('SIGKILL');
    const [code, signal] = await once(child, 'exit');
    if (signal !== 'SIGKILL') throw new Error(`The server ended by itself, with ${code}.`);
  }

  /** Restores the state right after its start. */
  async reset(): Promise<void> {
    if (this.#process === undefined) await this.start();
    this.goOn();
    await this.cli('replicaof', 'no', 'one');
    await this.cli('config', 'set', 'maxmemory', '0');
    await this.cli('flushall');
    await this.cli('config', 'resetstat');
  }

  /** Kills it and removes its folder. */
  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Carries out a command as redis-cli does, over one connection of the test's own, and resolves with what
   * redis-cli prints: '' for nothing, and a line for each element of an array.
   */
  async cli(command: string, ...args: string[]): Promise<string> {
    this.#admin ??= connectTo(this.url);
    return textOf(await this.#admin.call(command, ...args)).trimEnd();
  }

  /** Resolves to a number of its INFO. */
  async info(field: string): Promise<number> {
    return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(await this.cli('info'))?.[1]);
  }
}

function connectTo(url: string): Redis {
  const client = new Redis(url, { enableReadyCheck: false, retryStrategy: () => 20 });
  // A command that fails rejects, and says why.
  client.on('error', () => {});
  return client;
}

function textOf(reply: unknown): string {
  return Array.isArray(reply) ? reply.map(textOf).join('\n') : String(reply ?? '');
}

/**
 * One server for the tests of a file, or of a describe. Before each test it runs, is empty, and has the settings
 * that it was started with. Tests may stop or kill it, and leave it so.
 */
export function sharedRedis(isSkipped: boolean): () => RedisServer {
  let server: RedisServer;
  beforeAll(async () => {
    if (!isSkipped) server = await RedisServer.start();
  });
  beforeEach(async () => {
    if (!isSkipped) await server.reset();
  });
  afterAll(async () => {
    if (!isSkipped) await server.end();
  });
  return () => server;
}

/** Starts masters that share the slots and are ready for requests. */
export async function startCluster(masters: number): Promise<RedisServer[]> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  const servers = await Promise.all(
    Array.from({ length: masters }, async () =>
      // The port of the bus is the server's plus 10000 by default.
      RedisServer.start(...settings, '--cluster-port', String(await freePort())),
    ),
  );
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  const options = ['--cluster-replicas', '0', '--cluster-yes'];
  execFileSync('redis-cli', ['--cluster', 'create', ...addresses, ...options]);
  for (const server of servers) {
    await until(async () => (await server.cli('cluster', 'info')).includes('cluster_state:ok'));
  }
  return servers;
}

/** Starts a server that is not Redis: the test handles each connection. */
export class OtherServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
    });
  }

  static async start(serve: (socket: Socket) => void): Promise<OtherServer> {
    const server = createServer(serve);
    return new OtherServer(server, await listen(server));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

// Redis servers of the tests' own: on loopback, at ports of their own, with nothing kept.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The server's program: that of Valkey, for example. */
const SERVER = process.env.EBBCACHE_REDIS_SERVER ?? 'redis-server';

/** Why there can be none; undefined if there can. */
export function whyNoRedis(): string | undefined {
  if (process.platform === 'win32') return 'no redis-server for Windows';
  const missing = [SERVER, 'redis-cli'].find(
    (command) => spawnSync(command, ['--version']).status !== 0,
  );
  return missing && `no ${missing} (Debian: redis-server)`;
}

/** Why there can be none with TLS; undefined if there can. */
export function whyNoTls(): string | undefined {
  if (spawnSync('openssl', ['version']).status !== 0) return whyNoRedis() ?? 'no openssl';
  // One that is built without it does not know the option, and ends.
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

  private constructor(port: number, settings: string[]) {
    this.port = port;
    this.#settings = settings;
  }

  /** Started, and ready for connections. */
  static async start(...settings: string[]): Promise<RedisServer> {
    const server = await RedisServer.absent(...settings);
    await server.start();
    return server;
  }

  /** Not started yet: nobody listens at its port. */
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

  /** Its process hangs: connections stay, and new ones are accepted by the system. */
  hang(): void {
    this.#process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Kills it and removes its folder. */
  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What redis-cli prints for a command. */
  cli(...args: string[]): string {
    return cli('-p', String(this.port), ...args);
  }

  /** A number of its INFO. */
  info(field: string): number {
    return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(this.cli('info'))?.[1]);
  }
}

function cli(...args: string[]): string {
  return execFileSync('redis-cli', args, { encoding: 'utf8' }).trimEnd();
}

/** Masters that share the slots, ready for requests. */
export async function startCluster(masters: number): Promise<RedisServer[]> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  const servers = await Promise.all(
    Array.from({ length: masters }, async () =>
      // The bus's port is the server's plus 10000 if it is not told.
      RedisServer.start(...settings, '--cluster-port', String(await freePort())),
    ),
  );
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  cli('--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes');
  while (!servers.every((server) => server.cli('cluster', 'info').includes('cluster_state:ok'))) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return servers;
}

/** A server that is no Redis: what it does with each connection is up to the test. */
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

// Tests a tier over TLS, with a certificate that is generated for the test.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RedisTierOptions } from '../lib/tiers/redis/options.js';
import { type Library, loadIoredis, loadNodeRedis, nameOf } from './helpers/redis-libraries.js';
import { freePort, RedisServer, whyNoTls } from './helpers/redis-server.js';
import { Tiers, type Variant } from './helpers/redis-tiers.js';
import { packageUrl, runNode, silentSuccess } from './helpers/run-script.js';
import { until } from './helpers/until.js';

const reason = whyNoTls();
if (reason !== undefined) console.log(`Skipped, a Redis server with TLS: there is ${reason}.`);

const MINUTE = 60_000;
const libraries: Library[] = ['ioredis', 'ioredis-lowest', 'redis', 'redis-lowest'];

describe.skipIf(reason !== undefined)('a Redis tier with TLS', () => {
  const tiers = new Tiers();
  let folder: string;
  let server: RedisServer;
  let port: number;
  let ca: Buffer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ebbcache-tls-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', key, '-out', certificate];
    const made = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      ...subject,
      ...files,
    ]);
    expect(made.status).toBe(0);
    ca = readFileSync(certificate);
    port = await freePort();
    const tls = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key];
    server = await RedisServer.start(...tls, '--tls-auth-clients', 'no');
  });

  afterAll(async () => {
    tiers.end();
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function clientOf(library: Library) {
    if (library.startsWith('ioredis')) {
      const { Redis, default: first } = await loadIoredis(library);
      const Client = Redis ?? (first as unknown as typeof Redis);
      const client = new Client({ host: 'localhost', port, tls: { ca }, retryStrategy: () => 50 });
      client.on('error', () => {});
      return { client, end: () => client.disconnect() };
    }
    const { createClient } = await loadNodeRedis(library);
    const socket = { host: 'localhost', port, tls: true as const, ca, reconnectStrategy: 50 };
    const client = createClient({ socket });
    client.on('error', () => {});
    client.connect().catch(() => {});
    return { client, end: () => client.destroy() };
  }

  it.each(libraries)(
    'sets, gets, receives invalidations and reconnects with a client of %s',
    async (library) => {
      const start = async () => {
        const { client, end } = await clientOf(library);
        const options: RedisTierOptions = { client };
        const variant: Variant = {
          name: nameOf(library),
          library,
          connect: () => ({ options, end }),
        };
        return tiers.startConnected(variant, '', { timeoutMs: 2000, retryAfterMs: 2000 });
      };
      const [one, other] = [await start(), await start()];
      one.tier.set('a', Buffer.from('x'), MINUTE);
      await one.tier.flush();
      expect(await other.tier.get('a')).toEqual(Buffer.from('x'));
      await until(() => {
        one.tier.delete(['b']);
        return other.invalidated.length > 0;
      });
      await server.kill();
      await until(() => one.failures.length > 0);
      await server.start();
      await until(async () => {
        one.tier.set('a', Buffer.from('y'), MINUTE);
        await one.tier.flush();
        return String(await other.tier.get('a')) === 'y';
      });
      const heard = other.invalidated.length;
      await until(() => {
        one.tier.delete(['b']);
        return other.invalidated.length > heard;
      });
    },
  );

  it('trusts the certificates that the process trusts, given a URL', async () => {
    const entry = new URL('./tiers/redis/index.js', packageUrl).href;
    const script = `
      const { redisTier } = await import(${JSON.stringify(entry)});
      const tier = redisTier({ url: 'rediss://localhost:${port}', timeoutMs: 5000 });
      tier.start({ onFailure: (error) => console.log(error), onRecovery() {}, onInvalidate() {} });
      tier.set('url', Buffer.from('found'), 60_000);
      await tier.flush();
      console.log(String(await tier.get('url')));`;
    vi.stubEnv('NODE_EXTRA_CA_CERTS', join(folder, 'certificate.pem'));
    const outcome = await runNode(['--input-type=module', '--eval', script]);
    vi.unstubAllEnvs();
    expect(outcome).toEqual({ ...silentSuccess, stdout: 'found\n' });
    const distrusted = await runNode(['--input-type=module', '--eval', script]);
    expect(distrusted.stdout).toMatch(/self-signed certificate[\s\S]*undefined\n$/);
  });
});

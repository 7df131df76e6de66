// Lists the libraries of tiers and clients: the lowest supported version of each, and the installed one.

import { createRequire } from 'node:module';
import type * as Ioredis from 'ioredis';
import type * as NodeRedis from 'redis';
import { NoClientError } from '../../lib/tiers/no-client-error.js';
import type * as clientsModule from '../../lib/tiers/redis/clients.js';

export type Library = 'ioredis' | 'ioredis-lowest' | 'redis' | 'redis-lowest';

/** A tier made from a URL uses this library, where a test replaces the clients by `byLibrary`. */
export const made: { library: Library } = { library: 'ioredis' };

const require = createRequire(import.meta.url);

/** Returns the name that the documentation uses. */
export function nameOf(library: Library): string {
  const { version } = require(`${library}/package.json`) as { version: string };
  return `${library.startsWith('ioredis') ? 'ioredis' : 'node-redis'} ${version}`;
}

// The types of the lowest versions differ.
export const loadIoredis: (library: Library) => Promise<typeof Ioredis> = (library) =>
  import(library);
export const loadNodeRedis: (library: Library) => Promise<typeof NodeRedis> = (library) =>
  import(library);

type Clients = typeof clientsModule;

/** Returns the clients, with `made.library` in place of the installed one. */
export function byLibrary(clients: Clients): Clients {
  const makeClient: Clients['makeClient'] = async (url, timeoutMs) => {
    const { library } = made;
    const driver = library.startsWith('ioredis')
      ? await clients.makeIoredis(url, timeoutMs, () => loadIoredis(library))
      : await clients.makeNodeRedis(url, timeoutMs, () => loadNodeRedis(library));
    if (driver === undefined) throw new NoClientError();
    return driver;
  };
  return { ...clients, makeClient };
}

// The packages beside which the benchmark of the tiers measures ebbcache, and which the project does not need
// otherwise: they are in a package of their own (bench/peers) that is installed when needed. SQLite is
// compiled then where no binary of it fits the machine.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../peers', import.meta.url));
const requirePeer = createRequire(new URL('../peers/package.json', import.meta.url));
/** The Keyv store that all peers use. */
const STORE = '@keyv/sqlite';

/** Returns the class of the store; throws where it is not installed. */
export function sqliteStore() {
  return requirePeer(STORE).KeyvSqlite;
}

/** Installs the peers. Returns undefined when they can be used; else why they cannot, as a sentence. */
export function installPeers() {
  if (whyNotUsable() === undefined) return undefined;
  console.log(
    `Installing ${STORE} into ${folder}, which compiles SQLite: some minutes, this once.`,
  );
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    // npm is a script on Windows.
    shell: process.platform === 'win32',
  });
  if (status !== 0) return `npm ci in ${folder} failed: ${error?.message ?? `status ${status}`}.`;
  return whyNotUsable();
}

export function peerVersions() {
  const own = fileURLToPath(new URL('../../node_modules', import.meta.url));
  const version = (modules, name) =>
    JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;
  return {
    [STORE]: version(join(folder, 'node_modules'), STORE),
    cacheable: version(own, 'cacheable'),
    keyv: version(own, 'keyv'),
  };
}

function whyNotUsable() {
  try {
    sqliteStore();
    return undefined;
  } catch (error) {
    return `${STORE} cannot be loaded: ${error.message.split('\n')[0]}.`;
  }
}

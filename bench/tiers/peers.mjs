// What the bench of the tiers measures ebbcache beside, and the project itself has no need of: a package
// of its own (bench/peers), installed when it is needed. SQLite is compiled for that where no binary of it
// fits the machine.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../peers', import.meta.url));
const requirePeer = createRequire(new URL('../peers/package.json', import.meta.url));
/** Of Keyv, which all peers have below them. */
const STORE = '@keyv/sqlite';

/** The class of the store; throws where it is not installed. */
export function sqliteStore() {
  return requirePeer(STORE).KeyvSqlite;
}

/** Undefined when the peers can be used; else why they cannot, as a sentence. */
export function installPeers() {
  if (whyNotUsable() === undefined) return undefined;
  console.log(
    `Installing ${STORE} into ${folder}, which compiles SQLite: some minutes, this once.`,
  );
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    // On Windows npm is a script.
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

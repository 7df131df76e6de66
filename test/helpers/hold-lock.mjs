// Takes a lock and says 'true' or 'false' of it, starts a process that outlives this one, and waits to
// be killed: node hold-lock.mjs URL_OF_NATIVE FILE tryExclusive|tryShared

import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';

const [nativeUrl, path, method] = process.argv.slice(2);
const { native } = await import(nativeUrl);
globalThis.lock = new native.FileLock(path);
const isHeld = globalThis.lock[method]();
// It ends by itself: nobody else does that.
const heir = spawn(process.execPath, ['--eval', 'setTimeout(() => {}, 5000)'], {
  stdio: 'ignore',
  detached: true,
});
heir.unref();
writeSync(1, `${isHeld} ${heir.pid}\n`);
setInterval(() => {}, 60_000);

// Measurements that must not affect each other's heap each run in their own process.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// The young generation has a fixed size: V8 would grow it by the bytes that have survived so far.
const YOUNG = ['--min-semi-space-size=16', '--max-semi-space-size=16'];
const FLAGS = ['--expose-gc', '--max-old-space-size=12288', ...YOUNG];

/**
 * Returns a function that calls `measure` with its argument in a new process and resolves to the
 * result; both are passed as JSON. `url` is that of the calling module: the new process runs it.
 */
export function inChild(url, measure) {
  const file = fileURLToPath(url);
  if (process.send !== undefined && process.argv[1] === file) {
    measure(JSON.parse(process.argv[2])).then((result) => {
      process.send(result, () => process.disconnect());
    });
  }
  return (argument) =>
    new Promise((resolve, reject) => {
      const child = fork(file, [JSON.stringify(argument)], { execArgv: FLAGS });
      child.once('message', resolve);
      child.once('error', reject);
      child.once('exit', (status, signal) => {
        reject(new Error(`${file} with ${child.spawnargs.at(-1)} ended by ${signal ?? status}.`));
      });
    });
}

// Measurements that must not see each other's heap each get a process of their own.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// A young generation of one size: V8 would grow it by what has survived so far.
const YOUNG = ['--min-semi-space-size=16', '--max-semi-space-size=16'];
const FLAGS = ['--expose-gc', '--max-old-space-size=12288', ...YOUNG];

/**
 * A function that calls `measure` with its argument in a new process and resolves to the result; both
 * go through JSON. `url` is that of the module that calls this: the new process runs it.
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

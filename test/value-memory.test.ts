// Tests the memory that refused values cost, and changed prototypes, in separate processes.

import { describe, expect, it } from 'vitest';
import { runScript, silentSuccess } from './helpers/run-script.js';

const MIB = 1024 * 1024;

/** Returns the MiB that the process had at most beyond what it had before the put. */
async function growthOf(make: string): Promise<number> {
  const { stdout, stderr } = await runScript(`
    const cache = new ebbcache.ArenaCache({ maxBytes: 16 * ${MIB}, ebb: false });
    const value = ${make};
    for (let i = 0; i < 50; i++) cache.set('small', { i });
    const before = process.resourceUsage().maxRSS;
    let outcome;
    try { outcome = cache.set('key', value); } catch (error) { outcome = error.name; }
    console.log(JSON.stringify([outcome, process.resourceUsage().maxRSS - before]));`);
  expect(stderr).toBe('');
  const [outcome, kib] = JSON.parse(stdout);
  expect(outcome).toBe(false);
  return kib / 1024;
}

describe('a value that is too large', () => {
  it.each([
    [
      'a doubling array',
      `(() => { let a = 'x'; for (let i = 0; i < 40; i++) a = [a, a]; return a; })()`,
    ],
    ['a length without members', `Object.assign([], { length: 2 ** 32 - 1 })`],
    ['a long string', `'x'.repeat(2 ** 29 - 24)`],
    ['a large integer', `1n << (2n ** 29n)`],
    ['large bytes', `new Uint8Array(300 * ${MIB})`],
    ['a large Map', `new Map(Array.from({ length: 9 * ${MIB} }, (_, i) => [i, i]))`],
  ])('takes no more than four times the memory of the store: %s', async (_, make) => {
    expect(await growthOf(make)).toBeLessThan(4 * 16);
  });
});

describe('keys with frozen prototypes', () => {
  it('are returned whatever the prototype has of that name', async () => {
    const script = `
      Object.defineProperty(Object.prototype, 'polluted', { set() { throw new Error('set'); }, get: () => 'of the prototype', configurable: true });
      Object.freeze(Object.prototype);
      const cache = new ebbcache.ArenaCache({ maxBytes: ${MIB}, ebb: false });
      const text = '{"constructor":1,"toString":2,"__proto__":{"valueOf":3},"polluted":4,"ordinary":[{"hasOwnProperty":5}]}';
      cache.set('key', JSON.parse(text));
      cache.setMany([['more', new Map([[JSON.parse(text), /a/]])]]);
      const [found] = cache.getMany(['key']);
      const [[inner]] = cache.get('more');
      for (const each of [found, inner, cache.get('key'), cache.peek('key')]) {
        if (JSON.stringify(each) !== text) throw new Error(JSON.stringify(each));
      }
      cache.close();`;
    expect(await runScript(script)).toEqual(silentSuccess);
  });
});

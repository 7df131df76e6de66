// Tests that an error says why the addon cannot be loaded, and what to do.

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageUrl, runNode } from './helpers/run-script.js';

const root = realpathSync(fileURLToPath(new URL('..', packageUrl)));
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

async function loadWith(nodeArgs: string[]) {
  const script = `
    import(${JSON.stringify(packageUrl)}).then(
      () => console.log('loaded'),
      (error) => console.log(JSON.stringify({ ...error, message: error.message })),
    );`;
  const { stdout } = await runNode([...nodeArgs, '--input-type=module', '--eval', script]);
  return stdout;
}

const expectReason = async (nodeArgs: string[], reason: RegExp) => {
  const error = JSON.parse(await loadWith(nodeArgs));
  expect(error).toMatchObject({
    name: 'EbbcacheError',
    code: 'ERR_EBBCACHE_ADDON',
    message: expect.stringMatching(reason),
  });
  expect(error.message).not.toMatch(/There is no native addon/);
};

describe('an addon that may not be loaded', () => {
  it('causes an error that says so where addons are disabled', () =>
    expectReason(['--no-addons'], /may not load native addons.* without --no-addons/));

  it('causes an error that says so under the permission model', () =>
    expectReason([permission, '--allow-fs-read=*'], /permission model.* --allow-addons/));

  it('causes an error that names the file or folder it may not read', async () => {
    const modules = realpathSync(fileURLToPath(new URL('../node_modules', packageUrl)));
    const inRoot = ['dist/*', 'package.json', 'node_modules/*'].map((each) => `${root}/${each}`);
    // Node 20 fails on a path that is given twice.
    const readable = new Set([...inRoot, `${modules}/*`]);
    const readFlags = [...readable].map((each) => `--allow-fs-read=${each}`);
    const flags = [permission, '--allow-addons', ...readFlags];
    await expectReason(flags, /does not let ebbcache read '.+'.* --allow-fs-read/);
  });

  it('is loaded where everything is permitted', async () => {
    const flags = [permission, '--allow-addons', '--allow-fs-read=*'];
    expect(await loadWith(flags)).toBe('loaded\n');
  });
});

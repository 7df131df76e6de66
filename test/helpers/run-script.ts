import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** This is the built package, for scripts that run in processes and threads of their own. */
export const packageUrl = new URL('../../dist/index.js', import.meta.url).href;

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A script that succeeds without output has this outcome. */
export const silentSuccess: Outcome = { code: 0, signal: null, stdout: '', stderr: '' };

/** Runs an ESM script in a process of its own; `ebbcache` is the built package. */
export async function runScript(script: string, nodeArgs: string[] = []): Promise<Outcome> {
  const source = `import * as ebbcache from ${JSON.stringify(packageUrl)};\n${script}`;
  return runNode([...nodeArgs, '--input-type=module', '--eval', source]);
}

export async function runNode(args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, signal, stdout, stderr };
}

import { readFileSync } from 'node:fs';

const packageFile = new URL('../../package.json', import.meta.url);

/** The version and description of this package, from its package.json. */
export const { version, description }: { version: string; description: string } = JSON.parse(
  readFileSync(packageFile, 'utf8'),
);

import { readFileSync } from 'node:fs';

const packageFile = new URL('../../package.json', import.meta.url);

/** Of this package. */
export const { version, description }: { version: string; description: string } = JSON.parse(
  readFileSync(packageFile, 'utf8'),
);

import { readFileSync } from 'node:fs';

const packageFile = new URL('../../package.json', import.meta.url);

/** What package.json says of this package. */
export const { version, description }: { version: string; description: string } = JSON.parse(
  readFileSync(packageFile, 'utf8'),
);

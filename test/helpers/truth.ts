import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));

/** The folder with samples/ and truth/, if the environment names one. */
export const dataFolder = process.env.EBBCACHE_DATA;

/** Titles end with this note, which says why tests over that folder do not run. */
export const dataNote = dataFolder ? '' : ' (skipped: EBBCACHE_DATA names no folder with samples)';

export interface Truth {
  file: string;
  Make?: unknown;
  Model?: unknown;
  DateTimeOriginal?: unknown;
  ImageWidth?: unknown;
  ImageHeight?: unknown;
}

/** Returns exiftool's values for the checkout's own images. */
export function fixtureTruths(): (Truth & { SourceFile: string })[] {
  const truths = JSON.parse(readFileSync(join(fixtures, 'images.json'), 'utf8'));
  return truths.map((truth: { SourceFile: string }) => ({
    ...truth,
    file: join(fixtures, 'images', truth.SourceFile),
  }));
}

/** Returns exiftool's values for the sample images: full-resolution dimensions, and the first of each other tag. */
export function sampleTruths(folder: string): Truth[] {
  const ending = '.exiftool.json';
  return readdirSync(join(folder, 'truth/images'))
    .filter((name) => name.endsWith(ending))
    .map((name) => {
      const { metadata } = JSON.parse(readFileSync(join(folder, 'truth/images', name), 'utf8'));
      const [ImageWidth, ImageHeight] = metadata['Composite:ImageSize'].split(' ').map(Number);
      return {
        file: join(folder, 'samples/images', name.slice(0, -ending.length)),
        Make: metadata['IFD0:Make'],
        Model: metadata['IFD0:Model'],
        DateTimeOriginal: metadata['ExifIFD:DateTimeOriginal'],
        ImageWidth,
        ImageHeight,
      };
    });
}

/** Returns the part of a record that exiftool's values cover. */
export function pick(metadata: Record<string, unknown>, truth: Truth): Truth {
  const { Make, Model, DateTimeOriginal, ImageWidth, ImageHeight } = metadata;
  return { file: truth.file, Make, Model, DateTimeOriginal, ImageWidth, ImageHeight };
}

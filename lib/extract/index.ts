// The public face of 'ebbcache/extract'.

import '../process/require-node.js';

export { ExtractError } from '../errors/extract-error.js';
export type { Metadata } from '../tiers/metadata.js';
export { type ExtractAllOptions, type ExtractRecord, extractAll } from './extract-all.js';
export { type ExtractFileOptions, extractFile } from './extract-file.js';
export type { PathList, SkipCallback } from './walk.js';

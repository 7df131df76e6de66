// The public face of 'ebbcache/extract'.

import '../require-node.js';

export type { Metadata } from '../tiers/metadata.js';
export { type ExtractAllOptions, type ExtractRecord, extractAll } from './extract-all.js';
export { ExtractError } from './extract-error.js';
export { type ExtractFileOptions, extractFile } from './extract-file.js';
export type { PathList, SkipCallback } from './walk.js';

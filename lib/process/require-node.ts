// The first import of every entry point: it fails with a sentence where Node is too old. It runs before the
// modules that follow, but after all of them were linked. So they MUST NOT import a name from a module of
// Node that Node 16 does not have: they read such a name from the default export where it is used.

import { whyNotOn } from './node-version.js';

const reason = whyNotOn(process.versions.node);
if (reason !== undefined) throw Object.assign(new Error(reason), { code: 'ERR_EBBCACHE_NODE' });

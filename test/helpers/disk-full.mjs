// Puts more than the disk takes, and prints as JSON what became of it: node disk-full.mjs URL_OF_PACKAGE FOLDER

const [packageUrl, cacheDir] = process.argv.slice(2);
const { EnhancedMetadataCache } = await import(packageUrl);

const warnings = [];
const cache = new EnhancedMetadataCache({
  cacheDir,
  maxDiskSizeMb: 100,
  maxMemoryMb: 16,
  maxMemoryEntries: 20,
  validate: 'none',
  logger: { debug() {}, info() {}, warn: (_, message) => warnings.push(message), error() {} },
});
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(String(error)));

let refused = 0;
for (let n = 0; n < 4000; n++) {
  if (!cache.put(`/file/${n}`, { n, text: 'x'.repeat(3000) })) refused++;
  if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const isFlushed = await cache.flush();
let found = 0;
let wrong = 0;
for (let n = 0; n < 4000; n++) {
  const metadata = cache.get(`/file/${n}`);
  if (metadata !== undefined) found++;
  if (metadata !== undefined && metadata.n !== n) wrong++;
}
const { tierErrors, diskDrops } = cache.getStats();
const isInMemory = cache.put('/last', { n: 1 }) && cache.get('/last')?.n === 1;
cache.shutdown();
console.log(
  JSON.stringify({
    refused,
    isFlushed,
    found,
    wrong,
    isInMemory,
    warnings,
    unhandled,
    tierErrors,
    diskDrops,
  }),
);

// Runs a process that shares a disk tier: it executes the calls that it receives by IPC, flushes, and answers: node
// disk-peer.mjs URL_OF_PACKAGE FOLDER

const [packageUrl, folder] = process.argv.slice(2);
const { AdvancedMetadataCache, ArenaCache } = await import(packageUrl);

const MIB = 1024 * 1024;
const logger = { debug() {}, info() {}, warn: console.error, error: console.error };
const values = new ArenaCache({
  maxBytes: 4 * MIB,
  disk: { dir: `${folder}/values`, maxBytes: 16 * MIB },
});
const records = new AdvancedMetadataCache({
  cacheDir: `${folder}/records`,
  maxDiskSizeMb: 16,
  maxMemoryMb: 4,
  validate: 'none',
  logger,
});

const operations = {
  set: (key, value) => values.set(key, value),
  setMany: (entries) => values.setMany(entries),
  delete: (key) => values.delete(key),
  clear: () => values.clear(),
  get: (key) => values.get(key),
  put: (path, metadata, tier) => records.put(path, metadata, tier),
  invalidate: (path, tier) => records.invalidateFile(path, tier),
  clearAll: () => records.clearAll(),
  lookUp: (path, tier) => records.get(path, tier),
};

process.on('message', async ({ operation, args, isFlushed }) => {
  const result = operations[operation](...args);
  const flushed = isFlushed ? [await values.flush(), await records.flush()] : [];
  process.send({ result, flushed });
});
process.on('disconnect', () => process.exit());
process.send('ready');

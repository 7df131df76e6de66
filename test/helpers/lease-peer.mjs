// Fetches keys on request by IPC, and reports the start of each loader and the outcome of each fetch. A message
// ends a loader: node lease-peer.mjs URL_OF_PACKAGE FOLDER

const [packageUrl, dir] = process.argv.slice(2);
const { ArenaCache } = await import(packageUrl);
const cache = new ArenaCache({ maxBytes: 1 << 20, disk: { dir, maxBytes: 4 << 20 } });
const loads = new Map();

process.on('message', async ({ fetch, resolve, reject, abort }) => {
  if (resolve !== undefined) loads.get(resolve.key).resolve(resolve.value);
  if (reject !== undefined) loads.get(reject.key).reject(new Error(reject.message));
  if (abort !== undefined) controllers.get(abort)?.abort(new Error('enough'));
  if (fetch === undefined) return;
  const controller = new AbortController();
  controllers.set(fetch, controller);
  const load = (key) =>
    new Promise((yes, no) => {
      loads.set(key, { resolve: yes, reject: no });
      process.send({ loading: key });
    });
  try {
    const value = await cache.fetch(fetch, load, { signal: controller.signal });
    process.send({ fetched: value });
  } catch (error) {
    process.send({ failed: error.message });
  }
});
const controllers = new Map();
process.on('disconnect', () => process.exit());
// Leases are available once the folder is open.
await cache.flush();
process.send('ready');

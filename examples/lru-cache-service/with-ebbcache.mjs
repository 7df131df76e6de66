// Serves metadata of products by id, which another service has: GET /products/ID, DELETE
// /products/ID to remove a product from the cache, and GET /stats.

import { createServer } from 'node:http';
import { ArenaCache } from 'ebbcache';

const {
  UPSTREAM = 'http://127.0.0.1:3001',
  UPSTREAM_TIMEOUT_MS = '5000',
  PORT = '3000',
} = process.env;

const cache = new ArenaCache({
  maxBytes: 64 * 1024 * 1024,
  ttl: 60_000,
});

const counts = { requests: 0, loads: 0, errors: 0 };

class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function loadProduct(id, signal) {
  counts.loads++;
  const response = await fetch(`${UPSTREAM}/products/${encodeURIComponent(id)}`, { signal });
  if (response.status === 404) throw new HttpError(404, `There is no product ${id}.`);
  if (!response.ok) throw new HttpError(502, `The upstream answered ${response.status}.`);
  const { title, price, images, updated } = await response.json();
  return { id, title, price, updated: new Date(updated), thumbnail: images[0]?.url ?? null };
}

async function getProduct(id) {
  counts.requests++;
  const signal = AbortSignal.timeout(Number(UPSTREAM_TIMEOUT_MS));
  const product = await cache.fetch(id, loadProduct, { signal });
  return { status: 200, body: product };
}

function deleteProduct(id) {
  const wasCached = cache.delete(id);
  return { status: wasCached ? 200 : 404, body: { wasCached } };
}

function getStats() {
  const { requests, loads } = counts;
  const hitRate = requests === 0 ? 0 : 1 - loads / requests;
  return { status: 200, body: { ...counts, hitRate, entries: cache.size } };
}

async function answer({ method, url }) {
  if (method === 'GET' && url === '/stats') return getStats();
  const id = /^\/products\/([^/?]+)$/.exec(url)?.[1];
  if (id !== undefined && method === 'GET') return getProduct(decodeURIComponent(id));
  if (id !== undefined && method === 'DELETE') return deleteProduct(decodeURIComponent(id));
  throw new HttpError(404, 'There is nothing here.');
}

function failed(error) {
  counts.errors++;
  if (error instanceof HttpError) return { status: error.status, body: { error: error.message } };
  if (error.name === 'TimeoutError') {
    return { status: 504, body: { error: 'The upstream did not answer in time.' } };
  }
  return { status: 502, body: { error: 'The upstream could not be asked.' } };
}

const server = createServer(async (request, response) => {
  const { status, body } = await answer(request).catch(failed);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});

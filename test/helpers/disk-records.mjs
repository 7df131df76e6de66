// Creates records whose content follows from their key and a version, so that a reader can check them. They have
// 500 bytes to 30 KB, 5 KB on average.

const TEXT = Array.from({ length: 4000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1).toString(36))
  .join('')
  .repeat(2);
const [LEAST, MEAN, MOST] = [500, 5000, 30_000];

/** Returns the record of the key in this version, an integer above 0. */
export function metadataOf(key, version) {
  const mixed = mix(key, version);
  const spread = -Math.log((mixed + 1) / 2 ** 32) * (MEAN - LEAST);
  const length = Math.floor(Math.min(LEAST + spread, MOST)) - 50;
  const start = mixed % (TEXT.length - MOST);
  return { key, version, text: TEXT.slice(start, start + length) };
}

/** Returns the version that was found; -1 for one that nobody put, 0 for none. */
export function versionOf(key, found) {
  if (found === undefined) return 0;
  const expected = metadataOf(key, found.version);
  return found.key === key && found.text === expected.text ? found.version : -1;
}

function mix(key, version) {
  let mixed = version;
  for (let i = 0; i < key.length; i++) mixed = Math.imul(mixed ^ key.charCodeAt(i), 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

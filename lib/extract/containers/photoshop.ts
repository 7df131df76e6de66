const IPTC_RESOURCE = 0x0404;

/** The IPTC block among Photoshop's image resources: '8BIM', id, padded name, size, padded data. */
export function readPhotoshopIptc(resources: Buffer): Buffer | undefined {
  let offset = 0;
  while (offset + 12 <= resources.length) {
    if (resources.toString('latin1', offset, offset + 4) !== '8BIM') return undefined;
    const id = resources.readUInt16BE(offset + 4);
    const nameBytes = even(1 + resources[offset + 6]!);
    const sizeAt = offset + 6 + nameBytes;
    if (sizeAt + 4 > resources.length) return undefined;
    const size = resources.readUInt32BE(sizeAt);
    const start = sizeAt + 4;
    if (id === IPTC_RESOURCE) return resources.subarray(start, start + size);
    offset = start + even(size);
  }
  return undefined;
}

function even(n: number): number {
  return n + (n % 2);
}

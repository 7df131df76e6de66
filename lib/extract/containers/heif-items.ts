import { MalformedError } from '../../errors/extract-error.js';
import { type Box, boxesIn } from './boxes.js';

/** Items usually have one extent; each extent costs a read. */
const MAX_EXTENTS = 256;

/** A range of bytes in the file. */
export interface Extent {
  offset: number;
  length: number;
}

export interface HeifItems {
  /** The properties of the primary item, before any rotation. */
  primary: { width?: number; height?: number; icc?: Buffer };
  exif: Extent[] | undefined;
  xmp: Extent[] | undefined;
}

/** Finds the primary image's properties and the items that carry EXIF and XMP. */
export function readItems(meta: Buffer, boxes: Box[]): HeifItems {
  const pitm = boxes.find((box) => box.type === 'pitm');
  const iinf = boxes.find((box) => box.type === 'iinf');
  const iloc = boxes.find((box) => box.type === 'iloc');
  const iprp = boxes.find((box) => box.type === 'iprp');
  const wide = pitm !== undefined && meta[pitm.start] !== 0;
  const primaryId = pitm ? meta.readUIntBE(pitm.start + 4, wide ? 4 : 2) : 0;
  const types = iinf ? readTypes(meta, iinf) : new Map<string, number>();
  const exif = types.get('Exif') ?? -1;
  const xmp = types.get('application/rdf+xml') ?? -1;
  const locations = iloc ? readLocations(meta, iloc, [exif, xmp]) : new Map<number, Extent[]>();
  return {
    primary: iprp ? readProperties(meta, iprp, primaryId) : {},
    exif: locations.get(exif),
    xmp: locations.get(xmp),
  };
}

/** A map from item type (or content type, for 'mime') to the first item of that type. */
function readTypes(meta: Buffer, iinf: Box): Map<string, number> {
  const types = new Map<string, number>();
  const countBytes = meta[iinf.start] === 0 ? 2 : 4;
  for (const infe of boxesIn(meta, { ...iinf, start: iinf.start + 4 + countBytes })) {
    const version = meta[infe.start]!;
    if (version < 2) continue;
    const idBytes = version === 2 ? 2 : 4;
    const id = meta.readUIntBE(infe.start + 4, idBytes);
    const typeAt = infe.start + 4 + idBytes + 2;
    let type = meta.toString('latin1', typeAt, typeAt + 4);
    if (type === 'mime') {
      // The bytes are an item's name, then its content type, each ended by a zero byte.
      type = meta.toString('latin1', typeAt + 4, infe.end).split('\0')[1] ?? type;
    }
    if (!types.has(type)) types.set(type, id);
  }
  return types;
}

/** The extents of the wanted items. An item that is not stored in plain ranges of the file is left out. */
function readLocations(meta: Buffer, iloc: Box, wanted: number[]): Map<number, Extent[]> {
  const locations = new Map<number, Extent[]>();
  const version = meta[iloc.start]!;
  let at = iloc.start + 4;
  const take = (bytes: number): number => {
    at += bytes;
    if (bytes === 8) return Number(meta.readBigUInt64BE(at - 8));
    return bytes === 0 ? 0 : meta.readUIntBE(at - bytes, bytes);
  };
  const sizes = take(2);
  const offsetBytes = sizes >> 12;
  const lengthBytes = (sizes >> 8) & 15;
  const baseBytes = (sizes >> 4) & 15;
  const indexBytes = version === 0 ? 0 : sizes & 15;
  const itemCount = take(version < 2 ? 2 : 4);
  for (let item = 0; item < itemCount && at < iloc.end; item++) {
    const id = take(version < 2 ? 2 : 4);
    const method = version === 0 ? 0 : take(2) & 15;
    const dataReference = take(2);
    const base = take(baseBytes);
    const extentCount = take(2);
    const extentBytes = indexBytes + offsetBytes + lengthBytes;
    // An extent without a length covers the whole item; more than one such extent would cost the file nothing
    // to state.
    const tooMany = extentBytes === 0 ? extentCount > 1 : extentCount * extentBytes > iloc.end - at;
    if (tooMany) {
      throw new MalformedError('a HEIF item states more pieces than there is room for');
    }
    if (!wanted.includes(id) || method !== 0 || dataReference !== 0) {
      at += extentCount * extentBytes;
      continue;
    }
    if (extentCount > MAX_EXTENTS) {
      throw new MalformedError(`a HEIF item lies in ${extentCount} pieces`);
    }
    const extents: Extent[] = [];
    for (let n = 0; n < extentCount; n++) {
      take(indexBytes);
      extents.push({ offset: base + take(offsetBytes), length: take(lengthBytes) });
    }
    locations.set(id, extents);
  }
  return locations;
}

/** The properties in ipco that ipma associates with the item. */
function readProperties(meta: Buffer, iprp: Box, itemId: number): HeifItems['primary'] {
  const found: HeifItems['primary'] = {};
  const boxes = boxesIn(meta, iprp);
  const ipco = boxes.find((box) => box.type === 'ipco');
  const ipma = boxes.find((box) => box.type === 'ipma');
  if (!ipco || !ipma) return found;
  const properties = boxesIn(meta, ipco);
  for (const index of readAssociations(meta, ipma, itemId)) {
    const property = properties[index - 1];
    if (property?.type === 'ispe') {
      found.width = meta.readUInt32BE(property.start + 4);
      found.height = meta.readUInt32BE(property.start + 8);
    } else if (property?.type === 'colr') {
      const kind = meta.toString('latin1', property.start, property.start + 4);
      if (kind === 'prof' || kind === 'rICC') {
        found.icc = meta.subarray(property.start + 4, property.end);
      }
    }
  }
  return found;
}

/** The item's property numbers, counted from 1. */
function readAssociations(meta: Buffer, ipma: Box, itemId: number): number[] {
  const idBytes = meta[ipma.start] === 0 ? 2 : 4;
  const indexBytes = (meta[ipma.start + 3]! & 1) === 1 ? 2 : 1;
  const itemCount = meta.readUInt32BE(ipma.start + 4);
  let at = ipma.start + 8;
  for (let item = 0; item < itemCount && at < ipma.end; item++) {
    const id = meta.readUIntBE(at, idBytes);
    const count = meta[at + idBytes]!;
    at += idBytes + 1;
    if (id === itemId) {
      // The highest bit says "essential".
      const mask = indexBytes === 2 ? 0x7fff : 0x7f;
      return Array.from({ length: count }, (_, n) => {
        return meta.readUIntBE(at + n * indexBytes, indexBytes) & mask;
      });
    }
    at += count * indexBytes;
  }
  return [];
}

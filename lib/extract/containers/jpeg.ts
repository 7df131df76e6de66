import { MalformedError } from '../../errors/extract-error.js';
import type { ByteSource } from '../byte-source.js';
import { type ImageParts, MAX_BLOCK_BYTES } from './image-parts.js';
import { readPhotoshopIptc } from './photoshop.js';

const SOI_BYTES = 2;
const SOS = 0xda;
const EOI = 0xd9;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP13 = 0xed;
const EXIF_HEADER = 'Exif\0\0';
const XMP_HEADER = 'http://ns.adobe.com/xap/1.0/\0';
const ICC_HEADER = 'ICC_PROFILE\0';
const PHOTOSHOP_HEADER = 'Photoshop 3.0\0';
const TAIL_BYTES = 64 * 1024;
/** A header has tens of segments; the limit is for files made to keep a reader busy. */
const MAX_SEGMENTS = 4096;
/** The bound on fill bytes before all segments together; there are hardly ever any. */
const MAX_FILL_BYTES = 64 * 1024;

/**
 * Walks the segments from the start of the image to its first scan (ITU-T T.81, annex B), where all metadata
 * is, then checks whether the scan has an end.
 */
export async function readJpeg(source: ByteSource): Promise<ImageParts> {
  const parts: ImageParts = {};
  const iccChunks: { order: number; bytes: Buffer }[] = [];
  let iccBytes = 0;
  let photoshopBytes = 0;
  let fillBytes = 0;
  let offset = SOI_BYTES;
  for (let count = 0; ; count++) {
    if (count === MAX_SEGMENTS) throw new MalformedError('its JPEG header has too many segments');
    const { marker, at } = await nextMarker(source, offset);
    fillBytes += at - 2 - offset;
    if (fillBytes > MAX_FILL_BYTES)
      throw new MalformedError('its JPEG header is mostly fill bytes');
    if (marker === EOI) throw new MalformedError('it ends before any image data');
    const length = (await source.read(at, 2)).readUInt16BE(0);
    if (length < 2) throw new MalformedError('a JPEG segment states an impossible length');
    offset = at + length;
    if (isFrame(marker)) {
      const frame = await source.read(at + 2, 5);
      parts.height = frame.readUInt16BE(1);
      parts.width = frame.readUInt16BE(3);
    } else if (marker === SOS) {
      break;
    } else if (marker === APP1 || marker === APP2 || marker === APP13) {
      const content = await source.read(at + 2, length - 2);
      if (marker === APP1) {
        parts.exif ??= after(content, EXIF_HEADER);
        parts.xmp ??= after(content, XMP_HEADER);
      } else if (marker === APP2) {
        const icc = after(content, ICC_HEADER);
        iccBytes += icc?.length ?? 0;
        if (icc && icc.length > 2 && iccBytes <= MAX_BLOCK_BYTES) {
          iccChunks.push({ order: icc[0]!, bytes: icc.subarray(2) });
        }
      } else {
        const resources = after(content, PHOTOSHOP_HEADER);
        photoshopBytes += resources?.length ?? 0;
        if (resources && photoshopBytes <= MAX_BLOCK_BYTES) {
          parts.iptc ??= readPhotoshopIptc(resources);
        }
      }
    }
  }
  if (parts.width === undefined) throw new MalformedError('it has no JPEG frame header');
  if (iccChunks.length > 0 && iccBytes <= MAX_BLOCK_BYTES) {
    iccChunks.sort((a, b) => a.order - b.order);
    parts.icc = Buffer.concat(iccChunks.map((chunk) => chunk.bytes));
  }
  await checkScanEnds(source, offset);
  return parts;
}

/** The next marker that has a length, and where the length is. Fill bytes before it are allowed. */
async function nextMarker(source: ByteSource, offset: number) {
  for (let at = offset; at < offset + 1024; at++) {
    const [fill, marker] = await source.read(at, 2);
    if (fill !== 0xff) throw new MalformedError('a JPEG segment does not start with a marker');
    const standsAlone = marker === 0x01 || (marker! >= 0xd0 && marker! <= 0xd7);
    if (standsAlone) at++;
    else if (marker !== 0xff) return { marker: marker!, at: at + 2 };
  }
  throw new MalformedError('no JPEG segment follows the fill bytes');
}

/** Whether the marker is one of SOF0 to SOF15, except the three codes of that range with another meaning. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function after(content: Buffer, header: string): Buffer | undefined {
  return content.toString('latin1', 0, header.length) === header
    ? content.subarray(header.length)
    : undefined;
}

/**
 * A scan never contains FF D9, and FF is only followed by 00 or a restart marker. So a file has been cut
 * short if its tail has no end marker and appears to be a scan throughout. A file with other data behind the
 * image (a video, a maker's block) has not.
 */
async function checkScanEnds(source: ByteSource, scanStart: number): Promise<void> {
  const start = Math.max(scanStart, source.size - TAIL_BYTES);
  const tail = await source.read(start, Math.max(0, source.size - start));
  let stuffed = false;
  for (let i = tail.indexOf(0xff); i >= 0 && i + 1 < tail.length; i = tail.indexOf(0xff, i + 1)) {
    const next = tail[i + 1]!;
    const scanLike = next === 0 || next === 0xff || (next >= 0xd0 && next <= 0xd7);
    if (!scanLike && (start > scanStart || next === EOI)) return;
    stuffed ||= next === 0;
  }
  if (stuffed || start === scanStart) {
    throw new MalformedError('its image data has no end; it may be cut short');
  }
}

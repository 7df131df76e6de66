import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ExtractError, extractFile } from '../lib/extract/index.js';
import { withTempFolder } from './helpers/temp-folder.js';
import {
  dataFolder,
  dataNote,
  fixtures,
  fixtureTruths,
  pick,
  sampleTruths,
} from './helpers/truth.js';

const images = join(fixtures, 'images');

/** Raw formats that exifr does not read: their facts only. A reason each is a task for a reader. */
const notReadByExifr = new Map([
  ['.cr3', 'an ISO base media file of boxes of its own'],
  ['.raf', 'a container of its own around a JPEG'],
  ['.mrw', 'a container of its own around a TIFF'],
  ['.x3f', 'a container of its own'],
]);

const farExif = Buffer.from('Exif\0\0II*\0\xff\xff\xff\x7f', 'latin1');
const pollution = '<rdf:Description><__proto__:polluted>1</__proto__:polluted></rdf:Description>';

describe('extractFile', () => {
  it.each(fixtureTruths())('agrees with exiftool on $SourceFile', async (truth) => {
    const metadata = await extractFile(truth.file);
    const { file, SourceFile: _, ...expected } = truth;
    expect(metadata).toMatchObject(expected);
    expect(metadata.FileSize).toBe(readFileSync(file).length);
  });

  it('decodes GPS, IPTC and XMP to flat tags', async () => {
    const lighthouse = await extractFile(join(images, 'lighthouse.jpg'));
    expect(lighthouse).toMatchObject({
      GPSLatitude: -54.5,
      GPSLongitude: -8.25,
      GPSTimeStamp: '15:05:00',
      GPSDateStamp: '2023:12:24',
    });
    const progressive = await extractFile(join(images, 'progressive.jpg'));
    expect(progressive).toMatchObject({
      City: 'Küstenstadt',
      Keywords: ['tide', 'low'],
      Creator: 'A. Wader',
      CreateDate: '2024:02:29 23:59:59+01:00',
    });
    expect(await extractFile(join(images, 'chart.png'))).toMatchObject({ Title: 'Tide chart' });
  });

  it('gives the facts of a file that is no image', async () => {
    await withTempFolder(async (folder) => {
      const file = join(folder, 'notes.txt');
      writeFileSync(file, 'high water 12:40');
      const metadata = await extractFile(file);
      expect(metadata).toMatchObject({ FileName: 'notes.txt', FileSize: 16 });
      expect(metadata.FileModifyDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(metadata).not.toHaveProperty('FileType');
    });
  });

  it('takes no fact from inside the file', async () => {
    await withTempFolder(async (folder) => {
      const file = join(folder, 'liar.png');
      writeFileSync(file, pngWithText('FileName', 'other.png'));
      expect(await extractFile(file)).toMatchObject({ FileName: 'liar.png', ImageWidth: 1 });
    });
  });

  it.each(readdirSync(join(fixtures, 'bad')))('refuses bad/%s with a reason', async (name) => {
    const file = join(fixtures, 'bad', name);
    const error = await extractFile(file).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ExtractError);
    expect(error).toMatchObject({ code: 'ERR_EBBCACHE_EXTRACT', file });
    expect((error as Error).message).toMatch(/^".+" is (malformed: .+|empty)\.$/);
  });

  it('refuses what is missing and what is no regular file', async () => {
    await expect(extractFile(join(images, 'nothing.jpg'))).rejects.toThrow('no such file');
    await expect(extractFile(images)).rejects.toThrow('not a regular file');
    await expect(extractFile('')).rejects.toThrow(TypeError);
  });

  it('survives every length a JPEG, a PNG, a TIFF and a HEIC can be cut to', async () => {
    await withTempFolder(async (folder) => {
      for (const name of ['plain.jpg', 'chart.png', 'map.tif', 'phone/beach.heic']) {
        const bytes = readFileSync(join(images, name));
        const file = join(folder, name.replace('/', '-'));
        for (let length = 0; length < bytes.length; length += 7) {
          writeFileSync(file, bytes.subarray(0, length));
          const outcome = await extractFile(file).catch((failure: unknown) => failure);
          // A TIFF can lose its last strip and still tell all its tags.
          if (!name.endsWith('.tif'))
            expect(outcome, `${length} bytes`).toBeInstanceOf(ExtractError);
        }
      }
    });
  });

  it.each([
    ['XMP that would reach the objects of JavaScript', 'XMP', xmpSegment(pollution)],
    ['XMP that would take long', 'XMP', xmpSegment('<a:b>'.repeat(10_000))],
    ['XMP that hides tags in quotes', 'XMP', xmpSegment('<a:b c:d="<e/>">'.repeat(4000))],
    ['an ICC profile that would fill the memory', 'ICC', hugeIccSegment()],
    ['EXIF that points outside', 'EXIF', segmentOf(0xffe1, farExif)],
  ])('passes over %s', async (_, block, segment) => {
    await withTempFolder(async (folder) => {
      const file = join(folder, 'hostile.jpg');
      writeFileSync(file, jpegWith(segment));
      const metadata = await extractFile(file);
      expect(metadata).toMatchObject({
        Warning: `The ${block} block could not be read.`,
        ImageWidth: 160,
      });
      expect('polluted' in {}).toBe(false);
    });
  });

  it('refuses a HEIC whose items state pieces without end', async () => {
    const item = Buffer.from([0, 1, 0, 0, 0xff, 0xff]);
    // iloc version 0 with sizes of 0 and 2,000 items of 65,535 pieces each.
    const items = Buffer.concat([
      Buffer.from([0, 0, 0, 0, 0, 0, 0x07, 0xd0]),
      ...Array(2000).fill(item),
    ]);
    const meta = Buffer.concat([Buffer.alloc(4), box('iloc', items)]);
    const file = Buffer.concat([
      box('ftyp', Buffer.from('heic\0\0\0\0mif1heic')),
      box('meta', meta),
    ]);
    await withTempFolder(async (folder) => {
      writeFileSync(join(folder, 'hostile.heic'), file);
      await expect(extractFile(join(folder, 'hostile.heic'))).rejects.toThrow('more pieces than');
    });
  });

  it('reads no more of a PNG than metadata takes', async () => {
    const chart = readFileSync(join(images, 'chart.png'));
    const bomb = chunkOf(
      'iCCP',
      Buffer.concat([Buffer.from('p\0\0'), deflateSync(Buffer.alloc(1 << 24))]),
    );
    const texts = ['kept', 'long'].map((name) =>
      chunkOf('tEXt', Buffer.from(`${name}\0${'t'.repeat(name === 'long' ? 70_000 : 10)}`)),
    );
    const headerEnd = 8 + 25;
    const hostile = [chart.subarray(0, headerEnd), ...Array(500).fill(bomb), ...texts];
    await withTempFolder(async (folder) => {
      const file = join(folder, 'hostile.png');
      writeFileSync(file, Buffer.concat([...hostile, chart.subarray(headerEnd)]));
      const metadata = await extractFile(file);
      expect(metadata).toMatchObject({ ImageWidth: 128, ImageHeight: 64, kept: 't'.repeat(10) });
      expect(metadata).not.toHaveProperty('long');
    });
  });

  it('leaves out an ICC profile that is larger than any', async () => {
    const chunk = Buffer.alloc(65_000);
    chunk.write('ICC_PROFILE\0', 'latin1');
    await withTempFolder(async (folder) => {
      const file = join(folder, 'hostile.jpg');
      writeFileSync(file, jpegWith(Buffer.concat(Array(100).fill(segmentOf(0xffe2, chunk)))));
      const metadata = await extractFile(file);
      expect(metadata.ImageWidth).toBe(160);
      expect(metadata).not.toHaveProperty('Warning');
    });
  });

  it('stops when its signal aborts', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(extractFile(join(images, 'plain.jpg'), { signal })).rejects.toBe(reason);
  });
});

describe('extractFile on the samples', () => {
  it.skipIf(!dataFolder)(`agrees with exiftool on every image${dataNote}`, async () => {
    const truths = sampleTruths(dataFolder!);
    expect(truths.length).toBeGreaterThan(50);
    for (const truth of truths) {
      const metadata = await extractFile(truth.file);
      const known = [...notReadByExifr.keys()].some((ending) => truth.file.endsWith(ending));
      if (!known) expect(pick(metadata, truth)).toEqual(truth);
    }
  });

  it.skipIf(!dataFolder)(`gives a record or an ExtractError for bad files${dataNote}`, async () => {
    const folder = join(dataFolder!, 'samples/bad');
    const refused: string[] = [];
    for (const name of readdirSync(folder)) {
      await extractFile(join(folder, name)).catch((error: unknown) => {
        expect(error, name).toBeInstanceOf(ExtractError);
        refused.push(name);
      });
    }
    expect(refused).toEqual(
      expect.arrayContaining(['broken_data_stream.png', 'emptyfile.mp3', 'github_15.heic']),
    );
  });
});

/** A PNG of one pixel's header and one text chunk; the checksums are not looked at. */
function pngWithText(keyword: string, text: string): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    chunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1')),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function xmpSegment(xmp: string): Buffer {
  return segmentOf(0xffe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`));
}

/** A profile whose only text states four thousand million translations of no bytes. */
function hugeIccSegment(): Buffer {
  const profile = Buffer.alloc(200);
  profile.writeUInt32BE(1, 128);
  profile.write('desc', 132);
  profile.writeUInt32BE(144, 136);
  profile.writeUInt32BE(50, 140);
  profile.write('mluc', 144);
  profile.writeUInt32BE(0xffffffff, 152);
  return segmentOf(0xffe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), profile]));
}

function segmentOf(marker: number, content: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(marker, 0);
  header.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([header, content]);
}

/** The plain image with a segment more, behind its start marker. */
function jpegWith(segment: Buffer): Buffer {
  const plain = readFileSync(join(images, 'plain.jpg'));
  return Buffer.concat([plain.subarray(0, 2), segment, plain.subarray(2)]);
}

function box(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(content.length + 8);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}

/** A PNG chunk; its checksum is not looked at. */
function chunkOf(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(content.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc(4)]);
}

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

/**
 * exifr does not read these raw formats, so only their facts are compared. Each has the reason, which a reader of
 * it would have to handle.
 */
const notReadByExifr = new Map([
  ['.cr3', 'an ISO base media file of boxes of its own'],
  ['.raf', 'a container of its own around a JPEG'],
  ['.mrw', 'a container of its own around a TIFF'],
  ['.x3f', 'a container of its own'],
]);

const farExif = Buffer.from('Exif\0\0II*\0\xff\xff\xff\x7f', 'latin1');
const pollution = '<rdf:Description><__proto__:polluted>1</__proto__:polluted></rdf:Description>';

describe('the function extractFile', () => {
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

  it('returns the facts of a file that is not an image', async () => {
    await withTempFolder(async (folder) => {
      const file = join(folder, 'notes.txt');
      writeFileSync(file, 'high water 12:40');
      const metadata = await extractFile(file);
      expect(metadata).toMatchObject({ FileName: 'notes.txt', FileSize: 16 });
      expect(metadata.FileModifyDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(metadata).not.toHaveProperty('FileType');
    });
  });

  it('takes no fact from within the file', async () => {
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

  it('refuses missing files and files that are not regular', async () => {
    await expect(extractFile(join(images, 'nothing.jpg'))).rejects.toThrow('no such file');
    await expect(extractFile(images)).rejects.toThrow('not a regular file');
    await expect(extractFile('')).rejects.toThrow(TypeError);
  });

  it('tolerates a JPEG, a PNG, a TIFF and a HEIC truncated at any length', async () => {
    await withTempFolder(async (folder) => {
      for (const name of ['plain.jpg', 'chart.png', 'map.tif', 'phone/beach.heic']) {
        const bytes = readFileSync(join(images, name));
        const file = join(folder, name.replace('/', '-'));
        for (let length = 0; length < bytes.length; length += 7) {
          writeFileSync(file, bytes.subarray(0, length));
          const outcome = await extractFile(file).catch((failure: unknown) => failure);
          // A TIFF can lose its last strip and still tell all its tags.
          if (!name.endsWith('.tif') || outcome instanceof Error) {
            expect(outcome, `${name}, ${length} bytes`).toBeInstanceOf(ExtractError);
          }
        }
      }
    });
  });

  it.each([
    ['XMP that would reach the objects of JavaScript', 'XMP', xmpSegment(pollution)],
    ['XMP that would take long', 'XMP', xmpSegment('<a:b>'.repeat(10_000))],
    ['XMP that hides tags in quotes', 'XMP', xmpSegment('<a:b c:d="<e/>">'.repeat(4000))],
    ['an ICC profile that would fill the memory', 'ICC', hugeIccSegment()],
    ['an ICC profile that has one large text for each of many tags', 'ICC', manyTextsIccSegment()],
    ['EXIF that points outside', 'EXIF', segmentOf(0xffe1, farExif)],
  ])('skips %s', async (_, block, segment) => {
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

  it('refuses a HEIC whose EXIF lies in thousands of pieces', async () => {
    const infe = box('infe', Buffer.from('\x02\0\0\0\0\x01\0\0Exif\0', 'latin1'));
    // iloc version 0 with lengths of 4 bytes and one item.
    const item = Buffer.from([0, 0, 0, 0, 0x04, 0, 0, 1, 0, 1, 0, 0, 0x10, 0]);
    const meta = Buffer.concat([
      Buffer.alloc(4),
      box('iinf', Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 1]), infe])),
      box('iloc', Buffer.concat([item, Buffer.alloc(4096 * 4, 1)])),
    ]);
    await withTempFolder(async (folder) => {
      const file = join(folder, 'hostile.heic');
      writeFileSync(
        file,
        Buffer.concat([box('ftyp', Buffer.from('heic\0\0\0\0mif1heic')), box('meta', meta)]),
      );
      await expect(extractFile(file)).rejects.toThrow('lies in 4096 pieces');
    });
  });

  it('reads no more of a PNG than metadata needs', async () => {
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

  it('omits an ICC profile larger than any real one', async () => {
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

  it('searches a few MiB of Photoshop resources for IPTC, not all of them', async () => {
    const resources = (id: number, content: string) => {
      const header = Buffer.from('Photoshop 3.0\x008BIM\0\0\0\0\0\0\0\0', 'latin1');
      header.writeUInt16BE(id, 18);
      header.writeUInt32BE(content.length, 22);
      return segmentOf(0xffed, Buffer.concat([header, Buffer.from(content, 'latin1')]));
    };
    const city = resources(0x0404, '\x1c\x02\x5a\0\x04Pier');
    const other = resources(0x0405, '.'.repeat(65_000));
    await withTempFolder(async (folder) => {
      const file = join(folder, 'resources.jpg');
      writeFileSync(file, jpegWith(Buffer.concat([...Array(60).fill(other), city])));
      expect(await extractFile(file)).toMatchObject({ City: 'Pier' });
      writeFileSync(file, jpegWith(Buffer.concat([...Array(70).fill(other), city])));
      expect(await extractFile(file)).not.toHaveProperty('City');
    });
  });

  it('accepts fill bytes between JPEG segments, up to a limit', async () => {
    const filled = Buffer.concat([Buffer.alloc(1000, 0xff), segmentOf(0xffe5, Buffer.alloc(0))]);
    await withTempFolder(async (folder) => {
      const file = join(folder, 'filled.jpg');
      writeFileSync(file, jpegWith(filled));
      expect(await extractFile(file)).toMatchObject({ ImageWidth: 160 });
      writeFileSync(file, jpegWith(Buffer.concat(Array(100).fill(filled))));
      await expect(extractFile(file)).rejects.toThrow('mostly fill bytes');
    });
  });

  it('stops when its signal aborts', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(extractFile(join(images, 'plain.jpg'), { signal })).rejects.toBe(reason);
  });
});

describe('the function extractFile on the samples', () => {
  it.skipIf(!dataFolder)(`agrees with exiftool on every image${dataNote}`, async () => {
    const truths = sampleTruths(dataFolder!);
    expect(truths.length).toBeGreaterThan(50);
    for (const truth of truths) {
      const metadata = await extractFile(truth.file);
      const known = [...notReadByExifr.keys()].some((ending) => truth.file.endsWith(ending));
      if (!known) expect(pick(metadata, truth)).toEqual(truth);
    }
  });

  it.skipIf(!dataFolder)(
    `returns a record or an ExtractError for bad files${dataNote}`,
    async () => {
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
    },
  );
});

/** Builds a PNG of one pixel's header and one text chunk; the checksums are not verified. */
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

/** A profile of which 250 tags name the same 60 KB of text. */
function manyTextsIccSegment(): Buffer {
  const profile = Buffer.alloc(63_132, '.');
  profile.writeUInt32BE(250, 128);
  profile.write('text\0\0\0\0', 3132);
  for (let at = 132; at < 3132; at += 12) {
    profile.write('cprt', at);
    profile.writeUInt32BE(3132, at + 4);
    profile.writeUInt32BE(60_000, at + 8);
  }
  return segmentOf(0xffe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), profile]));
}

function segmentOf(marker: number, content: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(marker, 0);
  header.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([header, content]);
}

/** Builds the plain image with one more segment after its start marker. */
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

/** Builds a PNG chunk; its checksum is not verified. */
function chunkOf(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(content.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc(4)]);
}

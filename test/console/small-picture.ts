import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const MOST_COLOURS = 256;
const CHANNELS = 3;

/**
 * The same picture with at most 256 colours, a third as large: a browser's pictures of pages have thousands, nearly all of them shades at
 * the edges of letters. Reads what browsers write (8 bits, RGB, not interlaced).
 */
export function smallPicture(png: Buffer): Buffer {
  const { width, height, rows } = read(png);
  const { palette, indexOf } = paletteOf(rows);
  const body = Buffer.concat(rows.map((row) => indexed(row, width, indexOf)));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk(
      'PLTE',
      Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255])),
    ),
    chunk('IDAT', deflateSync(body, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function read(png: Buffer) {
  const parts: Buffer[] = [];
  let header = Buffer.alloc(0);
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR') header = Buffer.from(data);
    if (name === 'IDAT') parts.push(data);
    at += 12 + length;
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  if (header.toString('hex', 8) !== '0802000000') throw new Error('The picture is written in another way.');
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * CHANNELS;
  const rows: Buffer[] = [];
  for (let y = 0; y < height; y++) {
    const row = raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    unfilter(raw[y * (stride + 1)] ?? 0, row, rows[y - 1] ?? Buffer.alloc(stride));
    rows.push(row);
  }
  return { width, height, rows };
}

/** Undoes what PNG does to a row so that it compresses well. */
function unfilter(filter: number, row: Buffer, above: Buffer): void {
  for (let i = 0; i < row.length; i++) {
    const a = row[i - CHANNELS] ?? 0;
    const b = above[i] ?? 0;
    const c = above[i - CHANNELS] ?? 0;
    const guess = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter] ?? 0;
    row[i] = ((row[i] ?? 0) + guess) & 255;
  }
}

function paeth(a: number, b: number, c: number): number {
  const guess = a + b - c;
  const [pa, pb, pc] = [Math.abs(guess - a), Math.abs(guess - b), Math.abs(guess - c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** The most frequent colours, each a little different from the others, and which of them is nearest to any colour. */
function paletteOf(rows: readonly Buffer[]) {
  const counts = new Map<number, number>();
  for (const row of rows)
    for (let i = 0; i < row.length; i += CHANNELS) {
      const colour = row.readUIntBE(i, CHANNELS);
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
  const chosen = new Map<number, number>();
  for (const [colour] of [...counts].sort(([, few], [, many]) => many - few)) {
    const coarse = colour & 0xf8f8f8;
    if (chosen.size < MOST_COLOURS && !chosen.has(coarse)) chosen.set(coarse, colour);
  }
  const palette = [...chosen.values()];
  const known = new Map(palette.map((colour, index) => [colour, index]));
  const indexOf = (colour: number) => {
    const index = known.get(colour) ?? nearest(palette, colour);
    known.set(colour, index);
    return index;
  };
  return { palette, indexOf };
}

function nearest(palette: readonly number[], colour: number): number {
  const distances = palette.map((other) =>
    [16, 8, 0].reduce((sum, shift) => sum + (((other >> shift) & 255) - ((colour >> shift) & 255)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

function indexed(row: Buffer, width: number, indexOf: (colour: number) => number): Buffer {
  const line = Buffer.alloc(width + 1);
  for (let x = 0; x < width; x++) line[x + 1] = indexOf(row.readUIntBE(x * CHANNELS, CHANNELS));
  return line;
}

function chunk(name: string, data: Buffer): Buffer {
  const whole = Buffer.alloc(data.length + 12);
  whole.writeUInt32BE(data.length, 0);
  whole.write(name, 4, 'latin1');
  data.copy(whole, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, data.length + 8)), data.length + 8);
  return whole;
}

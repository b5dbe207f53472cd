import { expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

/** All lines of a text that comes in pieces of so many bytes. */
function split(text: string | Uint8Array, pieceBytes: number, maxLineBytes = 1000): string[] {
  const bytes = Buffer.from(text);
  const splitter = new LineSplitter(maxLineBytes);
  const lines: string[] = [];
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    lines.push(...splitter.push(bytes.subarray(from, from + pieceBytes)));
  }
  return [...lines, ...splitter.end()];
}

const TEXT = 'one\n\ntwo: größer, 日本, 🦀\nthree\r\n';

it.each([1, 2, 3, 5, 1000])('cuts the same lines out of pieces of %i bytes', (pieceBytes) => {
  expect(split(TEXT, pieceBytes)).toEqual(['one\n', '\n', 'two: größer, 日本, 🦀\n', 'three\r\n']);
});

it('gives what stands behind the last line break its own one, once', () => {
  expect(split('one\ntwo', 4)).toEqual(['one\n', 'two\n']);
  const splitter = new LineSplitter(10);
  splitter.push(Buffer.from('rest'));
  expect([splitter.end(), splitter.end()]).toEqual([['rest\n'], []]);
});

it.each([1, 7, 1000])(
  'cuts what is longer than a line may be, between characters, from pieces of %i bytes',
  (pieceBytes) => {
    const long = '🦀'.repeat(10);
    const lines = split(`${long}\nshort\n`, pieceBytes, 10);
    expect(lines.join('')).toBe(`${long}\nshort\n`);
    expect(lines.map((line) => line.endsWith('\n'))).toEqual([false, false, false, false, true, true]);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(10);
  },
);

it('replaces what is no UTF-8, and never stands still on it', () => {
  expect(split(Uint8Array.of(0x41, 0xff, 0x0a), 10)).toEqual(['A\uFFFD\n']);
  const continuations = Buffer.alloc(25, 0x80);
  expect(split(continuations, 25, 10).join('')).toBe(`${'\uFFFD'.repeat(25)}\n`);
});

it('does not keep the bytes that it was given', () => {
  const splitter = new LineSplitter(100);
  const buffer = Buffer.from('half');
  splitter.push(buffer);
  buffer.fill(0x58);
  expect(splitter.push(Buffer.from(' whole\n'))).toEqual(['half whole\n']);
});

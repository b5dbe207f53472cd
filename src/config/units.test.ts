import { expect, test } from 'vitest';
import { editDistance, nearest } from './nearest.ts';
import { parseDuration, parseSize } from './units.ts';

test.each([
  ['250ms', 250],
  ['90s', 90_000],
  ['1h', 3_600_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['2d', 172_800_000],
  ['0s', 0],
  ['1', undefined],
  ['', undefined],
  ['s', undefined],
  ['-1s', undefined],
  ['1 h', undefined],
  ['1hour', undefined],
  ['1h ', undefined],
])('the duration %j is %j ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  ['4096', 4096],
  ['16MiB', 16 * 2 ** 20],
  ['500kB', 500_000],
  ['1.5GiB', 1.5 * 2 ** 30],
  ['2 MB', 2_000_000],
  ['7B', 7],
  ['', undefined],
  ['MiB', undefined],
  ['1mib', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1TiB', undefined],
])('the size %j is %j bytes', (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});

test('a swap of two letters is one edit', () => {
  expect(editDistance('prot', 'port')).toBe(1);
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});

test('the nearest word ignores case and separators, and may be none', () => {
  expect(nearest('show_source', ['level', 'show-source'])).toBe('show-source');
  expect(nearest('hots', ['host', 'port'])).toBe('host');
  expect(nearest('elephant', ['host', 'port'])).toBeUndefined();
});

import { describe, expect, it } from 'vitest';
import { absoluteTime, durationText, fullTime, relativeTime } from './instant.ts';

describe('durationText', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [42, '42 ms'],
    [450, '0.45 s'],
    [9_994, '9.99 s'],
    [9_996, '10.0 s'],
    [59_949, '59.9 s'],
    [59_960, '1 m 00 s'],
    [245_000, '4 m 05 s'],
    [3_599_600, '1 h 00 m'],
    [7_620_000, '2 h 07 m'],
    [86_400_000 * 3 + 3_600_000 * 4, '3 d 04 h'],
  ])('%d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));
});

describe('relativeTime', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  it.each([
    [0, 'now'],
    [42_000, '42 s ago'],
    [3_599_000, '59 min ago'],
    [3_600_000 * 23, '23 h ago'],
    [86_400_000 * 3, '3 d ago'],
    [-300_000, 'in 5 min'],
  ])('%d ms before now is %s', (ago, text) => expect(relativeTime(now - ago, now)).toBe(text));

  it('is a date where it is long ago', () => {
    const at = now - 86_400_000 * 20;
    expect(relativeTime(at, now)).toBe(absoluteTime(at, 'local', now));
  });
});

it('writes instants in UTC, with the year where it is another one, and whole', () => {
  const at = Date.UTC(2025, 1, 3, 4, 5, 6, 78);
  expect(absoluteTime(at, 'utc', at)).toBe('Feb 03 04:05:06');
  expect(absoluteTime(at, 'utc', Date.UTC(2026, 5, 1))).toBe('2025 Feb 03 04:05:06');
  expect(fullTime(at)).toBe('2025-02-03 04:05:06.078 UTC');
});

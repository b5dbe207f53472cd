import { create } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  instantFromMicros,
  instantFromTimestamp,
  microsOf,
  millisBetween,
  parseInstant,
  plusMillis,
  systemClock,
  timestampOf,
} from './instant.ts';

const FIRST = -62_135_596_800_000_000n;
const LAST = 253_402_300_799_999_999n;
const micros = fc.bigInt({ min: FIRST, max: LAST });
const stamp = (seconds: bigint, nanos = 0) => create(TimestampSchema, { seconds, nanos });

describe('instants', () => {
  it('keep every microsecond of the years 1 to 9999', () => {
    fc.assert(
      fc.property(micros, (value) => {
        const instant = instantFromMicros(value);
        expect(instant).toHaveLength(27);
        expect(microsOf(instant)).toBe(value);
        expect(instantFromTimestamp(timestampOf(instant))).toBe(instant);
        expect(parseInstant(instant)).toBe(instant);
      }),
    );
  });

  it('compare as text like the times that they are', () => {
    fc.assert(
      fc.property(micros, micros, (a, b) => {
        expect(instantFromMicros(a) < instantFromMicros(b)).toBe(a < b);
      }),
    );
  });

  it('are cut to microseconds, also before 1970', () => {
    expect(instantFromTimestamp(stamp(0n, 999_999_999))).toBe('1970-01-01T00:00:00.999999Z');
    expect(instantFromTimestamp(stamp(-1n, 1_999))).toBe('1969-12-31T23:59:59.000001Z');
  });

  it.each([
    ['before the year 1', stamp(-62_135_596_801n)],
    ['after the year 9999', stamp(253_402_300_800n)],
    ['negative nanoseconds', stamp(0n, -1)],
    ['a second of nanoseconds', stamp(0n, 1_000_000_000)],
  ])('refuse a timestamp with %s, and name the field', (_, timestamp) => {
    expect(() => instantFromTimestamp(timestamp, 'event.end_time')).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringContaining('event.end_time'),
      }),
    );
  });

  it.each([
    ['2026-11-21T00:48:14Z', '2026-11-21T00:48:14.000000Z'],
    ['2026-11-21T00:48:14.1234567Z', '2026-11-21T00:48:14.123456Z'],
    ['2026-11-21 00:48:14.12+00', '2026-11-21T00:48:14.120000Z'],
    ['2026-11-21T02:18:14+01:30', '2026-11-21T00:48:14.000000Z'],
    ['2026-11-20T20:18:14-0430', '2026-11-21T00:48:14.000000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000000Z'],
    ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000000Z'],
    ['2024-02-29T24:00:00.000000Z', '2024-03-01T00:00:00.000000Z'],
  ])('are read from %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    '',
    'yesterday',
    '2026-13-01',
    '2026-02-30T00:00:00.000000Z',
    '2025-02-29',
    '2026-04-31T10:00:00Z',
    '2026-11-21T25:00:00.000000Z',
    '2026-11-21T00:60:00Z',
    '2026-11-21T00:48:14.1234567890Z',
    '2026-11-21T00:48:14+99:00',
    '0000-12-31T23:59:59Z',
    '9999-12-31T23:59:59-01:00',
    '12026-01-01',
    'infinity',
    '0044-03-15 00:00:00+00 BC',
  ])('are not read from %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('can be told apart in milliseconds, never negative', () => {
    const from = '2026-11-21T00:48:14.000900Z';
    expect(millisBetween(from, '2026-11-21T00:48:15.001899Z')).toBe(1000);
    expect(millisBetween(from, '2026-11-21T00:48:13.000000Z')).toBe(0);
    fc.assert(
      fc.property(micros, micros, fc.integer({ min: -2_000_000, max: 2_000_000 }), (a, b, near) => {
        for (const to of [b, a + BigInt(near)]) {
          if (to < FIRST || to > LAST) continue;
          const exact = (to - a) / 1000n;
          expect(millisBetween(instantFromMicros(a), instantFromMicros(to))).toBe(
            exact > 0n ? Number(exact) : 0,
          );
        }
      }),
    );
    expect(plusMillis(from, 1.5)).toBe('2026-11-21T00:48:14.002400Z');
    expect(plusMillis(from, -1000)).toBe('2026-11-21T00:48:13.000900Z');
  });
});

describe('the system clock', () => {
  it('gives each instant once and never goes back', () => {
    const times = Array.from({ length: 10_000 }, () => systemClock());
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? ''))).toBe(true);
    const now = BigInt(Date.now()) * 1000n;
    expect(Math.abs(Number(microsOf(systemClock()) - now))).toBeLessThan(60_000_000);
  });

  it('follows the clock of the machine when that was set, or stood still while the machine slept', () => {
    const before = systemClock();
    const hour = 3_600_000;
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + hour);
    // It was allowed to be some milliseconds away from the machine's before.
    expect(millisBetween(before, systemClock())).toBeGreaterThan(hour - 1000);
  });
});

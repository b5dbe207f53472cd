import { describe, expect, it } from 'vitest';
import { stepFor, tickLabel, ticks } from './ticks.ts';

describe('ticks', () => {
  it.each([
    [3, 10, 1],
    [1000, 5, 200],
    [90_000, 6, 15_000],
    [3_600_000, 7, 600_000],
    [10 * 86_400_000, 4, 7 * 86_400_000],
    [4000 * 86_400_000, 4, 3 * 365 * 86_400_000],
  ])('has steps that people count in: %d ms in %d lines', (span, most, step) => {
    expect(stepFor(span, most)).toBe(step);
  });

  it('has lines at multiples of the step, inside the span, far enough apart', () => {
    const found = ticks(1500, 62_000, 600);
    expect(found.map((tick) => tick.label)).toEqual(['15s', '30s', '45s', '1m']);
    const gap = ((found[1]?.at ?? 0) - (found[0]?.at ?? 0)) * (600 / 60_500);
    expect(gap).toBeGreaterThanOrEqual(90);
    expect(ticks(5, 5, 600)).toEqual([]);
    expect(ticks(0, 10, 0)).toEqual([]);
  });

  it.each([
    [0, 1000, '0'],
    [250, 50, '250ms'],
    [1250, 50, '1.25s'],
    [61_500, 500, '1m 1.5s'],
    [90_000, 15_000, '1m 30s'],
    [90_061_000, 1000, '1d 1h 1m 1s'],
    [-2000, 1000, '−2s'],
  ])('says %d at steps of %d as %s', (at, step, label) => {
    expect(tickLabel(at, step)).toBe(label);
  });
});

import { expect, it } from 'vitest';
import { clockText } from './clock-text.ts';

it('writes the time of day in UTC and where the browser is', () => {
  const at = Date.UTC(2026, 10, 21, 4, 5, 6, 7);
  expect(clockText(at + 0.9, true)).toBe('04:05:06.007');
  const local = new Date(2026, 10, 21, 23, 5, 6, 70);
  expect(clockText(local.getTime(), false)).toBe('23:05:06.070');
});

import { expect, it } from 'vitest';
import { FrameStore } from '../../api/frame-store.ts';
import { LogText } from './log-text.ts';

const immediately = () => new FrameStore((callback) => callback());

it('keeps what it knows when a stream tells the log again', () => {
  const log = new LogText(immediately());
  log.begin();
  log.append(['a', 'b', 'c']);
  log.begin();
  log.append(['a', 'b']);
  expect(log.last).toBe(3);
  log.append(['c', 'd']);
  expect([log.first, log.last, log.line(1), log.line(4), log.line(5)]).toEqual([1, 4, 'a', 'd', undefined]);
});

it('forgets the oldest lines, whose numbers stay', () => {
  const log = new LogText(immediately(), { lines: 10, characters: 1000 });
  log.begin();
  log.append(Array.from({ length: 25 }, (_, i) => `line ${i + 1}`));
  expect(log.last).toBe(25);
  expect(log.all().length).toBeLessThanOrEqual(10);
  expect(log.line(25)).toBe('line 25');
  expect(log.line(log.first)).toBe(`line ${log.first}`);
  expect(log.line(log.first - 1)).toBeUndefined();
  // Told again, it does not come back and nothing is doubled.
  log.begin();
  log.append(Array.from({ length: 26 }, (_, i) => `line ${i + 1}`));
  expect([log.last, log.line(26)]).toEqual([26, 'line 26']);
});

it('counts characters, too', () => {
  const log = new LogText(immediately(), { lines: 100, characters: 50 });
  log.append(Array.from({ length: 10 }, () => 'x'.repeat(20)));
  expect(log.all().join('').length).toBeLessThanOrEqual(50);
  log.append(['y'.repeat(500)]);
  expect(log.all().join('').length).toBeLessThanOrEqual(50);
  expect(log.last).toBe(11);
});

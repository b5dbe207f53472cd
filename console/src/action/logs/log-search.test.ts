import { expect, it } from 'vitest';
import { FrameStore } from '../../api/frame-store.ts';
import { LogSearch } from './log-search.ts';
import { LogText } from './log-text.ts';

const immediately = () => new FrameStore((callback) => callback());

it('finds lines in steps, also those that come later', () => {
  const log = new LogText(immediately());
  log.append(Array.from({ length: 50_000 }, (_, i) => (i % 10_000 === 5 ? 'needle' : 'hay')));
  const search = new LogSearch(log, 'needle', immediately());
  expect(search.step()).toBe(true);
  expect(search.found).toEqual([6, 10_006]);
  while (search.step());
  expect(search.found).toEqual([6, 10_006, 20_006, 30_006, 40_006]);
  log.append(['a Needle']);
  expect(search.step()).toBe(false);
  expect(search.found.at(-1)).toBe(50_001);
});

it('goes round in both directions and says where one is', () => {
  const log = new LogText(immediately());
  log.append(['a', 'x', 'b', 'x', 'x']);
  const search = new LogSearch(log, 'x', immediately());
  search.step();
  expect([search.next(0, 1), search.next(2, 1), search.next(5, 1)]).toEqual([2, 4, 2]);
  expect([search.next(5, -1), search.next(3, -1), search.next(2, -1)]).toEqual([4, 2, 5]);
  expect([search.rank(4), search.rank(3)]).toEqual([2, 0]);
  expect(new LogSearch(log, 'nothing', immediately()).next(1, 1)).toBeUndefined();
});

it('leaves out lines that were forgotten', () => {
  const log = new LogText(immediately(), { lines: 4, characters: 1e6 });
  log.append(['x', 'x', 'x', 'x', 'x', 'x']);
  const search = new LogSearch(log, 'x', immediately());
  while (search.step());
  expect(search.found[0]).toBe(log.first);
});

import { describe, expect, it } from 'vitest';
import { parseSearch, stringifySearch } from '../app/search.ts';
import { isFiltered, listOf, parseRunsSearch, periodOf, spanMs, withList, withTime } from './runs-search.ts';

const read = (query: string) => parseRunsSearch(parseSearch(query));

describe('the address of the list of runs', () => {
  it('survives being read and written', () => {
    const query = '?phase=failed,running&label=team=data&since=24h&name=a b';
    const search = read(query);
    expect(read(stringifySearch({ ...search }))).toEqual(search);
    expect(search).toEqual({ phase: 'failed,running', label: 'team=data', since: '24h', name: 'a b' });
  });

  it('can be written by hand: lists as repeated names, too', () => {
    expect(listOf(read('?phase=failed&phase=paused'), 'phase')).toEqual(['failed', 'paused']);
  });

  it('leaves out what it does not understand', () => {
    expect(read('?phase=burning&since=soon&from=yesterday&group=who&source=x&other=1')).toEqual({});
    expect(read('?phase=burning,failed')).toEqual({ phase: 'failed' });
  });

  it('changes one list and nothing else', () => {
    const search = read('?phase=failed&task=a');
    expect(withList(search, 'task', ['a', 'b'])).toEqual({ phase: 'failed', task: 'a,b' });
    expect(withList(search, 'phase', [])).toEqual({ task: 'a' });
  });

  it('has one period at a time', () => {
    const search = withTime(read('?since=24h&task=a'), { from: '2026-11-20T00:00:00Z' });
    expect(search).toEqual({ task: 'a', from: '2026-11-20T00:00:00Z' });
    expect(periodOf(search, 0)).toEqual({ from: Date.UTC(2026, 10, 20), to: undefined });
    expect(periodOf(read('?since=2h'), 10_000_000)).toEqual({ from: 2_800_000, to: undefined });
  });

  it('knows whole days, by the calendar of the zone', () => {
    const now = Date.UTC(2026, 10, 21, 5);
    expect(read('?since=yesterday')).toEqual({ since: 'yesterday' });
    expect(periodOf({ since: 'yesterday' }, now, true)).toEqual({
      from: Date.UTC(2026, 10, 20),
      to: Date.UTC(2026, 10, 21),
    });
    expect(periodOf({ since: 'today' }, now, true)).toEqual({ from: Date.UTC(2026, 10, 21), to: undefined });
    const local = periodOf({ since: 'yesterday' }, new Date(2026, 10, 21, 5).getTime(), false);
    expect(local).toEqual({
      from: new Date(2026, 10, 20).getTime(),
      to: new Date(2026, 10, 21).getTime(),
    });
  });

  it('knows what a filter is', () => {
    expect(isFiltered(read('?group=task&sort=-runs'))).toBe(false);
    expect(isFiltered(read('?name=x'))).toBe(true);
  });

  it.each([
    ['30m', 1_800_000],
    ['7d', 604_800_000],
    ['0h', undefined],
    ['9999999d', undefined],
    ['4000d', undefined],
    ['h', undefined],
  ])('reads the span %s', (text, ms) => expect(spanMs(text)).toBe(ms));
});

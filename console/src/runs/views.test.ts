import { describe, expect, it } from 'vitest';
import { BUILT_IN, readViews, sameSearch, withView, writeViews } from './views.ts';

describe('saved views', () => {
  it('come back as they were kept', () => {
    expect(readViews(writeViews(BUILT_IN))).toEqual(BUILT_IN);
  });

  it.each(['', 'null', '{}', '[1, null, {"name": "x"}, {"name": "", "query": ""}]', '[{'])(
    'are none where the storage holds %j',
    (text) => expect(readViews(text)).toEqual([]),
  );

  it('replace the one with the same name, and are bounded', () => {
    const views = withView(
      [
        { name: 'a', search: {} },
        { name: 'b', search: {} },
      ],
      { name: 'a', search: { task: 't' } },
    );
    expect(views).toEqual([
      { name: 'b', search: {} },
      { name: 'a', search: { task: 't' } },
    ]);
    let many = views;
    for (let index = 0; index < 80; index++) many = withView(many, { name: `v${index}`, search: {} });
    expect(many).toHaveLength(50);
    expect(many.at(-1)?.name).toBe('v79');
  });

  it('are the same in any order of filters', () => {
    expect(sameSearch({ task: 'a', phase: 'failed' }, { phase: 'failed', task: 'a' })).toBe(true);
    expect(sameSearch({ task: 'a' }, { task: 'b' })).toBe(false);
  });
});

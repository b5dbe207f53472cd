import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeOrder } from './change-order.ts';

describe('things in the order of their last change', () => {
  it('answers to any stamp what a list of all changes would', () => {
    const changes = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 });
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 8 }), (keys, max) => {
        const order = new ChangeOrder<number, number>(max);
        let kept: { key: number; stamp: number }[] = [];
        let floor = 0;
        keys.forEach((key, i) => {
          order.set(key, i);
          kept = [...kept.filter((one) => one.key !== key), { key, stamp: i + 1 }];
          if (kept.length > max) floor = kept.shift()?.stamp ?? 0;
          expect([order.head, order.floor, order.size]).toEqual([i + 1, floor, kept.length]);
        });
        for (let stamp = 0; stamp <= keys.length; stamp++) {
          const expected = kept.filter((one) => one.stamp > stamp).map((one) => one.stamp - 1);
          expect(order.since(stamp)).toEqual(expected);
        }
      }),
    );
  });

  it('leaves nobody below the floor in the belief of knowing everything', () => {
    const order = new ChangeOrder<string, string>();
    order.set('a', 'a');
    const seen = order.head;
    order.clear();
    expect(order.floor).toBeGreaterThan(seen);
    expect(order.since(order.floor)).toEqual([]);
    order.set('b', 'b');
    expect(order.since(order.floor)).toEqual(['b']);
  });
});

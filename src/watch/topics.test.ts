import { describe, expect, it } from 'vitest';
import { Topics } from './topics.ts';

const listener = { changed: () => {}, everythingChanged: () => {} };

describe('what topics want of the change log', () => {
  it('is nothing without listeners, and nothing again when the last one has left', () => {
    const topics = new Topics();
    expect(topics.wanted()).toBe('nothing');
    const leave = topics.onAction(7, listener);
    expect(topics.wanted()).toEqual({ runs: false, actionsOf: [], actions: [7] });
    leave();
    expect(topics.wanted()).toBe('nothing');
  });

  it('is what somebody listens for', () => {
    const topics = new Topics();
    topics.onActionsOf(1, listener);
    topics.onActionsOf(1, { ...listener });
    topics.onAction(7, listener);
    topics.onRuns(listener);
    expect(topics.wanted()).toEqual({ runs: true, actionsOf: [1], actions: [7] });
  });

  it('is everything for who wants to hear of all, and for very many', () => {
    const curious = new Topics();
    const leave = curious.onAny(() => {});
    expect(curious.wanted()).toBe('everything');
    leave();
    expect(curious.wanted()).toBe('nothing');

    const popular = new Topics();
    for (let id = 0; id < 1000; id++) popular.onAction(id, listener);
    expect(popular.wanted()).toMatchObject({ runs: false });
    popular.onAction(1000, listener);
    expect(popular.wanted()).toBe('everything');
  });

  it('grows with each new key, and not with more listeners of the same', () => {
    const topics = new Topics();
    const growth = [topics.growth];
    const note = () => growth.push(topics.growth);
    topics.onAction(1, listener);
    note();
    topics.onAction(1, { ...listener });
    note();
    topics.onRuns(listener);
    note();
    topics.onRuns({ ...listener });
    note();
    topics.onActionsOf(1, listener);
    note();
    topics.onAny(() => {});
    note();
    expect(growth).toEqual([0, 1, 1, 2, 2, 3, 4]);
  });

  it('is asked for by the first listener only', () => {
    const topics = new Topics();
    let first = 0;
    topics.onFirst = () => first++;
    const leave = topics.onAction(1, listener);
    topics.onRuns(listener)();
    expect(first).toBe(1);
    leave();
    topics.onRuns(listener);
    expect(first).toBe(2);
  });
});

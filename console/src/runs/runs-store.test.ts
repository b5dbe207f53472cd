import { describe, expect, it } from 'vitest';
import { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { RunsStore } from './runs-store.ts';
import { sampleRun } from './sample.ts';

const { RUNNING, SUCCEEDED } = ActionPhase;
const now = (callback: () => void) => callback();
const names = (store: RunsStore) => store.rows().map(({ name }) => name);

describe('RunsStore', () => {
  it('keeps runs newest first, whatever order they come in', () => {
    const store = new RunsStore(now);
    store.page([sampleRun({ name: 'b', start: 2000 }), sampleRun({ name: 'a', start: 1000 })]);
    store.stream([sampleRun({ name: 'c', start: 3000 }), sampleRun({ name: 'b2', start: 2000 })], true);
    expect(names(store)).toEqual(['c', 'b2', 'b', 'a']);
  });

  it('does not let a page that was asked for earlier take back what the stream said', () => {
    const store = new RunsStore(now);
    store.stream([sampleRun({ name: 'a', phase: SUCCEEDED })], true);
    store.page([sampleRun({ name: 'a', phase: RUNNING })]);
    expect(store.get('a')?.phase).toBe(SUCCEEDED);
    store.stream([sampleRun({ name: 'a', phase: RUNNING })], false);
    expect(store.get('a')?.phase).toBe(RUNNING);
  });

  it('knows, after the stream broke, which runs may have changed meanwhile, and takes them from a page', () => {
    const store = new RunsStore(now);
    store.stream([sampleRun({ name: 'old', phase: RUNNING, start: 1 }), sampleRun({ name: 'done' })], true);
    store.stream([sampleRun({ name: 'new', phase: RUNNING })], true);
    expect(store.unconfirmed()).toEqual(['old']);
    store.page([sampleRun({ name: 'old', phase: SUCCEEDED, start: 1 })]);
    expect(store.get('old')?.phase).toBe(SUCCEEDED);
    expect(store.unconfirmed()).toEqual([]);
  });

  it('answers the same list until something changes', () => {
    const store = new RunsStore(now);
    store.stream([sampleRun({ name: 'a' })], true);
    const before = store.rows();
    expect(store.rows()).toBe(before);
    store.stream([sampleRun({ name: 'a', phase: RUNNING })], false);
    expect(store.rows()).not.toBe(before);
  });

  it('forgets the oldest beyond its bound', () => {
    const store = new RunsStore(now, 3);
    store.stream(
      [1, 2, 3, 4, 5].map((start) => sampleRun({ name: `r${start}`, start })),
      true,
    );
    expect(names(store)).toEqual(['r5', 'r4', 'r3']);
    expect(store.truncated).toBe(true);
    expect(store.get('r1')).toBeUndefined();
  });
});

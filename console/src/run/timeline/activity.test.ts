import { describe, expect, it } from 'vitest';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { actionItem, groupItem } from '../tree/item.ts';
import { activity } from './activity.ts';

const { FAILED, QUEUED, RUNNING, SUCCEEDED } = ActionPhase;
const root = actionItem('a0', undefined);

describe('activity', () => {
  it('counts the actions of each part of the time, those that go on up to the end', () => {
    const items = [
      Object.assign(root, { start: 0, phase: RUNNING }),
      Object.assign(groupItem('g', root), { start: 0 }),
      item(SUCCEEDED, 0, 19),
      item(FAILED, 5, 25),
      item(RUNNING, 30),
      item(QUEUED, 35),
      item(QUEUED, Number.NaN),
    ];
    const found = activity(items, { from: 0, to: 40 }, 4);
    expect([...found.active]).toEqual([2, 2, 1, 2]);
    expect([...found.queued]).toEqual([0, 0, 0, 1]);
    expect([...found.failed]).toEqual([0, 0, 1, 0]);
    expect(found.peak).toBe(2);
  });

  it('takes times outside to the edges', () => {
    expect([...activity([item(SUCCEEDED, -10, 99)], { from: 0, to: 40 }, 4).active]).toEqual([1, 1, 1, 1]);
    expect([...activity([item(SUCCEEDED, 5, 5)], { from: 5, to: 5 }, 2).active]).toEqual([1, 0]);
  });
});

function item(phase: ActionPhase, start: number, end = Number.NaN) {
  return Object.assign(actionItem('x', root), { phase, start, end });
}

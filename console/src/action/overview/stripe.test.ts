import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect, it } from 'vitest';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { stripe } from './stripe.ts';

const step = (phase: ActionPhase, start: number, end?: number) => ({
  phase,
  startTime: timestampFromMs(start),
  endTime: end === undefined ? undefined : timestampFromMs(end),
});

it('lays phases one behind the other, on the scale of the longest attempt', () => {
  const { QUEUED, RUNNING, SUCCEEDED } = ActionPhase;
  expect(
    stripe([step(QUEUED, 1000, 2000), step(RUNNING, 2000, 5000), step(SUCCEEDED, 5000)], 1000, 5000, 8000),
  ).toEqual([
    { phase: QUEUED, left: 0, width: 12.5 },
    { phase: RUNNING, left: 12.5, width: 37.5 },
  ]);
});

it('lets the phase that goes on reach up to now, and never beyond the line', () => {
  const { QUEUED, RUNNING } = ActionPhase;
  expect(stripe([step(QUEUED, 0, 1000), step(RUNNING, 1000)], 0, 4000, 4000)).toEqual([
    { phase: QUEUED, left: 0, width: 25 },
    { phase: RUNNING, left: 25, width: 75 },
  ]);
  // Clocks of two machines differ.
  expect(stripe([step(RUNNING, 5000, 3000)], 0, 4000, 4000)).toEqual([
    { phase: RUNNING, left: 100, width: 0 },
  ]);
});

import { describe, expect, it } from 'vitest';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { actionItem } from '../tree/item.ts';
import { type Attempt, segments, splitOf } from './segments.ts';

const { FAILED, INITIALIZING, PAUSED, QUEUED, RUNNING, SUCCEEDED } = ActionPhase;
const NOW = 1000;

describe('segments', () => {
  it('splits a bar by phase, attempt after attempt, the last one up to now', () => {
    const attempts = [
      attempt(1, FAILED, 40, [QUEUED, 0, 10], [INITIALIZING, 10, 15], [RUNNING, 15, 40], [FAILED, 40]),
      attempt(2, RUNNING, undefined, [QUEUED, 50, 60], [RUNNING, 60]),
    ];
    expect(segments(item(RUNNING, 0), attempts, NOW).map(text)).toEqual([
      '1 queued 0–10',
      '1 starting 10–15',
      '1 running 15–40',
      '2 queued 50–60',
      '2 running 60–1000',
    ]);
    expect(splitOf(attempts, NOW)).toEqual({ queued: 20, waiting: 0, starting: 5, running: 965, paused: 0 });
  });

  it('ends a phase where the next begins or the attempt ended, if nothing else says so', () => {
    const attempts = [attempt(1, SUCCEEDED, 30, [QUEUED, 0], [PAUSED, 10])];
    expect(segments(item(SUCCEEDED, 0, 30), attempts, NOW).map(text)).toEqual([
      '1 queued 0–10',
      '1 paused 10–30',
    ]);
  });

  it('is one stretch while the attempts are not known', () => {
    expect(segments(item(QUEUED, 5), undefined, NOW).map(text)).toEqual(['0 queued 5–1000']);
    expect(segments(item(SUCCEEDED, 5, 9), [], NOW).map(text)).toEqual(['0 running 5–9']);
    expect(segments(item(QUEUED, Number.NaN), undefined, NOW)).toEqual([]);
  });

  it('never runs backwards when clocks disagree', () => {
    expect(segments(item(RUNNING, NOW + 50), undefined, NOW).map(text)).toEqual(['0 running 1050–1050']);
  });
});

type Step = [ActionPhase, number, number?];

function attempt(number: number, phase: ActionPhase, end: number | undefined, ...steps: Step[]): Attempt {
  return {
    attempt: number,
    phase,
    end: end ?? Number.NaN,
    steps: steps.map(([of, start, until]) => ({ phase: of, start, end: until ?? Number.NaN })),
  };
}

function item(phase: ActionPhase, start: number, end = Number.NaN) {
  return Object.assign(actionItem('a', undefined), { phase, start, end });
}

function text({ attempt: number, part, from, to }: ReturnType<typeof segments>[number]): string {
  return `${number} ${part} ${from}–${to}`;
}

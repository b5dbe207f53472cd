import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { PHASES } from '../shared/phase.ts';
import { binRuns } from './bins.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 34);

describe('binRuns', () => {
  it('counts each run once, inside a bounded number of equal stretches, whatever their times', () => {
    const run = fc.record({
      start: fc.integer({ min: NOW - 400 * 86_400_000, max: NOW + 60_000 }),
      phase: fc.constantFrom(...PHASES.map(({ phase }) => phase)),
    });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 60 }), fc.integer({ min: 12, max: 200 }), (runs, most) => {
        const { bins, from, to, width } = binRuns(runs, NOW, most);
        expect(bins.length).toBeLessThanOrEqual(most + 1);
        expect(bins.reduce((sum, { total }) => sum + total, 0)).toBe(runs.length);
        expect(to - from).toBe(bins.length * width);
        expect(from).toBeLessThanOrEqual(Math.min(NOW, ...runs.map(({ start }) => start)));
      }),
    );
  });

  it('stands still while time goes on within a stretch', () => {
    const runs = [{ start: NOW - 3 * 86_400_000, phase: ActionPhase.FAILED }];
    const [a, b] = [binRuns(runs, NOW, 100), binRuns(runs, NOW + 60_000, 100)];
    expect(b).toEqual(a);
  });

  it('puts runs where they belong', () => {
    const runs = [
      { start: NOW - 90_000, phase: ActionPhase.FAILED },
      { start: NOW - 80_000, phase: ActionPhase.SUCCEEDED },
    ];
    const { bins, highest } = binRuns(runs, NOW, 200);
    const hit = bins.filter(({ total }) => total > 0);
    expect(hit.map(({ from, total }) => [NOW - from, total])).toEqual([[120_000, 2]]);
    expect(highest).toBe(2);
    expect(PHASES.filter((_, place) => hit[0]?.counts[place] === 1).map(({ key }) => key)).toEqual([
      'succeeded',
      'failed',
    ]);
  });

  it('has room for a period without runs', () => {
    const from = NOW - 10 * 86_400_000;
    expect(binRuns([], NOW, 100, [from]).from).toBeLessThanOrEqual(from);
  });
});

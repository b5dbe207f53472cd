import type { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { PHASES } from '../shared/phase.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WIDTHS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
  90 * DAY,
];

/** Runs that began in one stretch of time: how many in each phase, in the order of PHASES. */
export interface Bin {
  readonly from: number;
  readonly counts: readonly number[];
  readonly total: number;
}

/** Equal stretches from `from` to `to`, those without runs included. */
export interface Bins {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly bins: readonly Bin[];
  readonly highest: number;
}

/**
 * Counts runs by time and phase, in at most `most` stretches. They begin at round times, and so stand still while time goes on.
 * `extra` are instants that have to lie inside, too.
 */
export function binRuns(
  rows: Iterable<{ readonly start: number; readonly phase: ActionPhase }>,
  now: number,
  most: number,
  extra: readonly number[] = [],
): Bins {
  const starts = [...rows];
  let first = now - HOUR;
  for (const { start } of starts) if (start > 0 && start < first) first = start;
  for (const at of extra) if (at < first) first = at;
  const last = Math.max(now, ...extra);
  const width =
    WIDTHS.find((one) => Math.ceil((last - first) / one) + 1 <= most) ??
    Math.ceil((last - first) / (most - 1));
  const from = Math.floor(first / width) * width;
  const to = (Math.floor(last / width) + 1) * width;
  const counts = Array.from({ length: Math.round((to - from) / width) }, () =>
    new Array<number>(PHASES.length).fill(0),
  );
  for (const { start, phase } of starts) {
    const bin = counts[Math.min(counts.length - 1, Math.floor((start - from) / width))];
    const place = places.get(phase) ?? 0;
    if (bin !== undefined) bin[place] = (bin[place] ?? 0) + 1;
  }
  const bins = counts.map((of, index) => ({
    from: from + index * width,
    counts: of,
    total: of.reduce((sum, count) => sum + count, 0),
  }));
  return { from, to, width, bins, highest: Math.max(1, ...bins.map(({ total }) => total)) };
}

const places = new Map(PHASES.map(({ phase }, index) => [phase, index]));

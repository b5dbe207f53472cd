import { type Instant, microsOf } from './instant.ts';
import { PHASES } from './phase.ts';

/** What is counted of the runs of a task in a minute; sums of these answer WatchGroups. Names are columns of `run_groups`. */
export const MEASURES = [
  'runs',
  ...PHASES.map((phase) => `phase_${phase.toLowerCase()}` as const),
  'errors_user',
  'errors_system',
  'errors_other',
  'durations',
  'duration_ms',
  'waits',
  'wait_us',
] as const;

/** One of the things that are counted. */
export type Measure = (typeof MEASURES)[number];

/** Counts; what is missing is 0. */
export type Measures = { [M in Measure]?: number };

/** What of a run's row is counted. */
export interface CountedRun {
  readonly phase: string;
  readonly error_kind: string | null;
  readonly created_at: Instant;
  readonly running_at: Instant | null;
  readonly end_time: Instant | null;
  readonly duration_ms: number | null;
}

/** The column that counts a phase. */
export const phaseMeasure = (phase: string): Measure => `phase_${phase.toLowerCase()}` as Measure;

/** Adds what one run counts for, `times` 1 or -1, to the measures. */
export function countRun(into: Measures, run: CountedRun, times: 1 | -1): void {
  const add = (measure: Measure, value = 1) => {
    into[measure] = (into[measure] ?? 0) + times * value;
  };
  add('runs');
  add(phaseMeasure(run.phase));
  if (run.phase === 'FAILED' || run.phase === 'TIMED_OUT') {
    add(
      run.error_kind === 'USER'
        ? 'errors_user'
        : run.error_kind === 'SYSTEM'
          ? 'errors_system'
          : 'errors_other',
    );
  }
  if (run.duration_ms !== null) {
    add('durations');
    add('duration_ms', run.duration_ms);
  }
  if (run.running_at !== null) {
    add('waits');
    add('wait_us', Number(microsOf(run.running_at) - microsOf(run.created_at)));
  }
}

/** Adds measures to others, in place. */
export function addMeasures(into: Measures, more: Measures): void {
  for (const measure of MEASURES) {
    const value = more[measure];
    if (value) into[measure] = (into[measure] ?? 0) + value;
  }
}

const MICROS_PER_MINUTE = 60_000_000n;

/** The minute, counted from 1970, that a time lies in. */
export function minuteOf(instant: Instant): number {
  return Number(microsOf(instant) / MICROS_PER_MINUTE);
}

/** A bucket of a level is this many of the level below; level 0 is the minute. */
export const BUCKET_FACTOR = 16;
/** Minutes, and spans of 16 minutes, 4.3 hours, 2.8 days and 46 days. */
export const LEVELS = [0, 1, 2, 3, 4] as const;

/** The bucket of a level that a minute lies in. */
export function bucketOf(minute: number, level: number): number {
  return Math.floor(minute / BUCKET_FACTOR ** level);
}

/** Buckets of one level, from the first to the one before `to`. */
export interface BucketRange {
  readonly level: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The fewest buckets that together are precisely the minutes from `from` to the one before `to`: at most 15 at each end of each level below
 * the highest, and as many of the highest as there are.
 */
export function bucketsBetween(from: number, to: number): BucketRange[] {
  const ranges: BucketRange[] = [];
  let [start, end] = [from, to];
  for (const level of LEVELS) {
    if (start >= end) break;
    if (level === LEVELS.length - 1) {
      ranges.push({ level, from: start, to: end });
      break;
    }
    const up = Math.ceil(start / BUCKET_FACTOR);
    const down = Math.floor(end / BUCKET_FACTOR);
    if (up >= down) {
      ranges.push({ level, from: start, to: end });
      break;
    }
    if (start < up * BUCKET_FACTOR) ranges.push({ level, from: start, to: up * BUCKET_FACTOR });
    if (down * BUCKET_FACTOR < end) ranges.push({ level, from: down * BUCKET_FACTOR, to: end });
    [start, end] = [up, down];
  }
  return ranges;
}

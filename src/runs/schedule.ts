import type { Schedule as ScheduleMessage } from '../gen/flyteidl2/task/common_pb.js';
import { type FixedRate, FixedRateUnit } from '../gen/flyteidl2/task/common_pb.js';
import { invalidArgument } from './errors.ts';
import { type Instant, instantFromMicros, instantFromTimestamp, microsOf } from './instant.ts';
import { type CronSchedule, newestCrons, nextCron, readCron } from './schedule-cron.ts';

const UNIT_MICROS: Readonly<Record<number, bigint>> = {
  [FixedRateUnit.MINUTE]: 60_000_000n,
  [FixedRateUnit.HOUR]: 3_600_000_000n,
  [FixedRateUnit.DAY]: 86_400_000_000n,
};
const MAX_EVERY_MICROS = 100n * 366n * 86_400_000_000n;
const END = '9999-01-01T00:00:00.000000Z';

/** A fixed rate: a firing every so many microseconds (a day is 24 hours), from `start` on where there is one. */
export interface RateSchedule {
  readonly kind: 'rate';
  readonly everyMicros: bigint;
  readonly start: Instant | undefined;
}

/** When a trigger fires. */
export type Schedule = CronSchedule | RateSchedule;

/** Reads and checks a schedule. Throws invalid_argument with the field to change. `now` only tells whether it ever fires. */
export function readSchedule(message: ScheduleMessage, now: Instant): Schedule {
  const { expression } = message;
  switch (expression.case) {
    case 'cron':
      return readCron(expression.value.expression, expression.value.timezone, now);
    case 'cronExpression':
      return readCron(expression.value, '', now);
    case 'rate':
      return readRate(expression.value);
    default:
      throw invalidArgument('schedule.expression must be set: a cron expression or a fixed rate');
  }
}

function readRate({ value, unit, startTime }: FixedRate): RateSchedule {
  const micros = UNIT_MICROS[unit];
  if (micros === undefined) throw invalidArgument('schedule.rate.unit must be MINUTE, HOUR or DAY');
  const everyMicros = BigInt(value) * micros;
  if (everyMicros <= 0n) throw invalidArgument('schedule.rate.value must be greater than 0');
  if (everyMicros > MAX_EVERY_MICROS)
    throw invalidArgument('schedule.rate must be at most once in 100 years');
  const start = startTime && instantFromTimestamp(startTime, 'schedule.rate.start_time');
  return { kind: 'rate', everyMicros, start };
}

/**
 * The first firing strictly after an instant; undefined if there is none any more. `since` is when the schedule came into force: a rate
 * without a start time counts from there, and fires for the first time one interval later.
 */
export function nextFiring(schedule: Schedule, since: Instant, after: Instant): Instant | undefined {
  const next = schedule.kind === 'cron' ? nextCron(schedule, after) : nextRate(schedule, since, after);
  return next === undefined || next >= END ? undefined : next;
}

/** The newest `count` firings of those not before `from` and not after `until`, in order. */
export function newestFirings(
  schedule: Schedule,
  since: Instant,
  range: { readonly from: Instant; readonly until: Instant },
  count: number,
): Instant[] {
  const newest =
    schedule.kind === 'cron'
      ? newestCrons(schedule, range.until, count)
      : newestRates(schedule, since, range.until, count);
  return newest.filter((instant) => instant >= range.from);
}

/** Firings are numbered from the start (0), or from one interval after `since`. */
function firstOf(schedule: RateSchedule, since: Instant): bigint {
  return schedule.start === undefined ? microsOf(since) + schedule.everyMicros : microsOf(schedule.start);
}

function nextRate(schedule: RateSchedule, since: Instant, after: Instant): Instant {
  const first = firstOf(schedule, since);
  const passed = microsOf(after) - first;
  if (passed < 0n) return instantFromMicros(first);
  return instantAt(first + (passed / schedule.everyMicros + 1n) * schedule.everyMicros);
}

function newestRates(schedule: RateSchedule, since: Instant, until: Instant, count: number): Instant[] {
  const first = firstOf(schedule, since);
  const passed = microsOf(until) - first;
  if (passed < 0n) return [];
  const last = passed / schedule.everyMicros;
  const from = last - BigInt(count) + 1n;
  const firings: Instant[] = [];
  for (let n = from < 0n ? 0n : from; n <= last; n++)
    firings.push(instantAt(first + n * schedule.everyMicros));
  return firings;
}

function instantAt(micros: bigint): Instant {
  return micros > microsOf(END) ? END : instantFromMicros(micros);
}

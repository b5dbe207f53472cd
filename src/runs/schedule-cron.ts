import { Cron } from 'croner';
import { LRUCache } from 'lru-cache';
import { invalidArgument } from './errors.ts';
import { type Instant, instantFromMicros, microsOf } from './instant.ts';
import { quote } from './names.ts';

const MAX_LENGTH = 255;
const compiled = new LRUCache<string, Cron>({ max: 1000 });
const zones = new Set(Intl.supportedValuesOf('timeZone'));

/** A cron expression in a time zone, checked. */
export interface CronSchedule {
  readonly kind: 'cron';
  readonly expression: string;
  readonly timezone: string;
}

/**
 * Reads a cron expression: five fields (minute, hour, day of month, month, day of week) or a nickname such as `@daily`, perhaps behind
 * `CRON_TZ=Zone`; UTC if no zone is named. A day matches if either of its two fields does, when both are restricted. Throws
 * invalid_argument for what is no expression, no zone, or never fires.
 */
export function readCron(expression: string, timezone: string, now: Instant): CronSchedule {
  if (expression.length > MAX_LENGTH)
    throw invalidArgument(`the cron expression must have at most ${MAX_LENGTH} characters`);
  const [, prefixed, rest = expression] = /^\s*(?:CRON_)?TZ=(\S+)\s+(.*)$/s.exec(expression) ?? [];
  if (prefixed !== undefined && timezone !== '' && prefixed !== timezone) {
    throw invalidArgument(
      `the cron expression names the time zone ${quote(prefixed)} and timezone ${quote(timezone)}; name one`,
    );
  }
  const schedule: CronSchedule = {
    kind: 'cron',
    expression: rest.trim().replace(/\s+/g, ' ').replaceAll('?', '*'),
    timezone: prefixed || timezone || 'UTC',
  };
  checkZone(schedule.timezone);
  // croner also reads points in time, which are no expressions.
  if (!/^@|^(\S+ ){4}\S+$/.test(schedule.expression)) {
    throw invalidArgument(
      `cron expression ${quote(expression)} must have five fields (minute, hour, day of month, month, day of week) or be a nickname such as @daily`,
    );
  }
  let next: Instant | undefined;
  try {
    next = nextCron(schedule, now);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    throw invalidArgument(`cron expression ${quote(expression)} can't be read: ${why}`);
  }
  if (next === undefined) throw invalidArgument(`cron expression ${quote(expression)} never fires`);
  return schedule;
}

/**
 * The first firing strictly after an instant; undefined if there is none any more.
 *
 * When clocks change: fixed times (no `*` and no step in minute and hour) that do not exist fire once, at the first moment after the gap,
 * and those that exist twice fire the first time. Other schedules follow the time that passes: they leave out what does not exist and fire
 * both times at what exists twice.
 */
export function nextCron(schedule: CronSchedule, after: Instant): Instant | undefined {
  const date = cronOf(schedule).nextRun(dateOf(after));
  return date === null ? undefined : instantOf(date);
}

/** The newest `count` firings not after an instant, in order. */
export function newestCrons(schedule: CronSchedule, until: Instant, count: number): Instant[] {
  // croner looks before its reference, in whole seconds; firings stand on whole minutes.
  const reference = new Date(Math.floor(dateOf(until).getTime() / 1000) * 1000 + 1000);
  return cronOf(schedule).previousRuns(count, reference).reverse().map(instantOf);
}

function cronOf({ expression, timezone }: CronSchedule): Cron {
  const key = `${timezone}\n${expression}`;
  let cron = compiled.get(key);
  if (cron === undefined) {
    // '5/15' means '5-59/15', as in Flyte's own cron.
    cron = new Cron(expression, {
      timezone,
      paused: true,
      mode: '5-part',
      sloppyRanges: true,
      fixedTimeRule: 'no-wildcard',
    });
    compiled.set(key, cron);
  }
  return cron;
}

function checkZone(timezone: string): void {
  // Names that are links to others ("US/Eastern") are not in the list, but work.
  if (zones.has(timezone) || (/^[A-Za-z][\w+/-]*$/.test(timezone) && isZone(timezone))) return;
  throw invalidArgument(
    `the time zone ${quote(timezone)} is not known; use a name such as UTC or Europe/Berlin`,
  );
}

function isZone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}

function dateOf(instant: Instant): Date {
  return new Date(Number(microsOf(instant) / 1000n));
}

function instantOf(date: Date): Instant {
  return instantFromMicros(BigInt(date.getTime()) * 1000n);
}

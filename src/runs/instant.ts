import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { invalidArgument } from './errors.ts';

/**
 * A point in time as fixed-width text in UTC with microseconds, `2026-11-21T00:48:14.123456Z`. Instants compare as text,
 * and both databases keep every digit (JavaScript's Date and node-postgres's default would drop three of them).
 */
export type Instant = string;

/** Where the time comes from; tests inject their own. */
export type Clock = () => Instant;

const MIN_SECONDS = -62_135_596_800n; // 0001-01-01
const MAX_SECONDS = 253_402_300_799n; // 9999-12-31T23:59:59
const MAX_DRIFT_MS = 5;

let lastMicros = 0;
let origin = performance.timeOrigin;

/** The system's clock in microseconds; it never goes backwards within a process, and no two calls give the same instant. */
export const systemClock: Clock = () => {
  // The fine clock stands still while the machine sleeps and ignores it when the time is set: it only divides milliseconds.
  const wall = Date.now();
  if (Math.abs(wall - origin - performance.now()) > MAX_DRIFT_MS) origin = wall - performance.now();
  // Below 2^53, and so exact, until the year 2255.
  const now = Math.round((origin + performance.now()) * 1000);
  lastMicros = now > lastMicros ? now : lastMicros + 1;
  return instantFrom(Math.floor(lastMicros / 1_000_000), lastMicros % 1_000_000);
};

/** The instant of a number of microseconds since 1970. */
export function instantFromMicros(micros: bigint): Instant {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = (micros - fraction) / 1_000_000n;
  return instantFrom(Number(seconds), Number(fraction));
}

/** Microseconds since 1970 of an instant. */
export function microsOf(instant: Instant): bigint {
  return BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * 1000n + BigInt(instant.slice(20, 26));
}

/** The instant of a message's Timestamp, cut to microseconds. Throws invalid_argument outside the years 1 to 9999. */
export function instantFromTimestamp(timestamp: Timestamp, field = 'timestamp'): Instant {
  const { seconds, nanos } = timestamp;
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS || nanos < 0 || nanos > 999_999_999) {
    throw invalidArgument(`${field} is not a time between the years 1 and 9999`);
  }
  return instantFrom(Number(seconds), Math.trunc(nanos / 1000));
}

/** The Timestamp message of an instant. */
export function timestampOf(instant: Instant): Timestamp {
  return create(TimestampSchema, {
    seconds: BigInt(Date.parse(`${instant.slice(0, 19)}Z`) / 1000),
    nanos: Number(instant.slice(20, 26)) * 1000,
  });
}

/** Reads RFC 3339 text with any offset and up to nanoseconds, or what PostgreSQL prints; undefined if it is no time. */
export function parseInstant(text: string): Instant | undefined {
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i.exec(
      text.trim(),
    );
  if (!match) return undefined;
  const [, day = '', time = '00:00:00', fraction = '', zone = 'Z'] = match;
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone;
  const millis = Date.parse(`${day}T${time}${offset}`);
  if (Number.isNaN(millis) || !isDayOfItsMonth(day)) return undefined;
  const seconds = BigInt(millis / 1000);
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) return undefined;
  return instantFrom(Number(seconds), Number(fraction.padEnd(6, '0').slice(0, 6)));
}

/** Whole milliseconds from one instant to another; never negative. */
export function millisBetween(from: Instant, to: Instant): number {
  const micros = Number(to.slice(20, 26)) - Number(from.slice(20, 26));
  // Times of one action are often of one second.
  const seconds = from.startsWith(to.slice(0, 19)) ? 0 : (wholeMillis(to) - wholeMillis(from)) / 1000;
  return Math.max(0, seconds * 1000 + Math.floor(micros / 1000));
}

function wholeMillis(instant: Instant): number {
  return Date.parse(`${instant.slice(0, 19)}Z`);
}

/** The instant some milliseconds after (or, negative, before) another one. */
export function plusMillis(instant: Instant, millis: number): Instant {
  return instantFromMicros(microsOf(instant) + BigInt(Math.round(millis * 1000)));
}

/** JavaScript reads 30 February as 2 March. */
function isDayOfItsMonth(day: string): boolean {
  const date = Number(day.slice(8));
  return date <= 28 || new Date(Date.parse(day)).getUTCDate() === date;
}

/** Most instants of a moment share their second, whose text costs far more than the rest. */
let textOfSecond = { seconds: 0, text: '1970-01-01T00:00:00' };

function instantFrom(seconds: number, micros: number): Instant {
  if (textOfSecond.seconds !== seconds) {
    textOfSecond = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) };
  }
  return `${textOfSecond.text}.${String(micros).padStart(6, '0')}Z`;
}

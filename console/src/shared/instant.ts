import type { Timestamp } from '@bufbuild/protobuf/wkt';

/** Milliseconds since 1970 of a protobuf time, with fractions; undefined if unset. */
export function millis(at: Timestamp | undefined): number | undefined {
  return at === undefined ? undefined : Number(at.seconds) * 1000 + at.nanos / 1e6;
}

/** How times are written: how long ago, in the zone of the browser, or in UTC. */
export type TimeStyle = 'relative' | 'local' | 'utc';

/** How long ago: `now`, `42 s ago`, `3 min ago`, `5 h ago`, `2 d ago`, else the date; `in 5 min` for what is to come. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1000);
  const size = Math.abs(seconds);
  if (size < 2) return 'now';
  const text = size < 60 ? `${size} s` : coarse(size);
  if (text === undefined) return absoluteTime(at, 'local', now);
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

function coarse(seconds: number): string | undefined {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  if (seconds < 86_400 * 14) return `${Math.floor(seconds / 86_400)} d`;
  return undefined;
}

/** `Nov 21 04:05:06` in the zone, with the year where it is not this one. */
export function absoluteTime(at: number, style: Exclude<TimeStyle, 'relative'>, now: number): string {
  const text = (style === 'utc' ? utcFormat : localFormat).format(at).replace(',', '');
  const year = new Date(at).getUTCFullYear();
  return year === new Date(now).getUTCFullYear() ? text : `${year} ${text}`;
}

/** The whole instant with zone, for tooltips: `2026-11-21 04:05:06.123 UTC`. */
export function fullTime(at: number): string {
  return `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

const parts = {
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
} as const;
const localFormat = new Intl.DateTimeFormat('en-US', parts);
const utcFormat = new Intl.DateTimeFormat('en-US', { ...parts, timeZone: 'UTC' });

/** A length of time in two units at most: `0.45 s`, `12.3 s`, `4 m 05 s`, `2 h 07 m`, `3 d 04 h`. */
export function durationText(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 1) return '0 s';
  if (length < 100) return `${Math.round(length)} ms`;
  if (length < 9_995) return `${(length / 1000).toFixed(2)} s`;
  if (length < 59_950) return `${(length / 1000).toFixed(1)} s`;
  const seconds = Math.round(length / 1000);
  if (seconds < 3600) return two(seconds, 60, 'm', 's');
  if (seconds < 86_400) return two(Math.round(seconds / 60), 60, 'h', 'm');
  return two(Math.round(seconds / 3600), 24, 'd', 'h');
}

function two(count: number, base: number, large: string, small: string): string {
  return `${Math.floor(count / base)} ${large} ${String(count % base).padStart(2, '0')} ${small}`;
}

/** A line of the time axis. */
export interface Tick {
  /** Milliseconds from the beginning of the run. */
  readonly at: number;
  readonly label: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances between lines that a person can count in. */
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 60, 90, 180, 365].map((n) => n * DAY),
];

/** The smallest distance that puts at most `most` lines into the span. */
export function stepFor(span: number, most: number): number {
  const wanted = span / Math.max(1, most);
  const found = STEPS.find((step) => step >= wanted);
  // Beyond years, whole numbers of them.
  return found ?? Math.ceil(wanted / (365 * DAY)) * 365 * DAY;
}

/** The lines between two times (milliseconds from the beginning of the run), at least `minGap` pixels apart on `width` pixels. */
export function ticks(from: number, to: number, width: number, minGap = 90): Tick[] {
  if (!(to > from) || width <= 0) return [];
  const step = stepFor(to - from, Math.floor(width / minGap));
  const found: Tick[] = [];
  for (let n = Math.ceil(from / step); n * step <= to; n++)
    found.push({ at: n * step, label: tickLabel(n * step, step) });
  return found;
}

/** A time from the beginning of the run, as exactly as lines at that distance need it: `1m 30s`, `2h`, `0.25s`. */
export function tickLabel(at: number, step: number): string {
  if (at === 0) return '0';
  const sign = at < 0 ? '−' : '';
  const rest = Math.abs(at);
  if (step < SECOND) {
    if (rest < SECOND) return `${sign}${rest}ms`;
    const digits = step < 10 ? 3 : step < 100 ? 2 : 1;
    const whole = Math.floor(rest / MINUTE);
    const seconds = `${((rest % MINUTE) / SECOND).toFixed(digits)}s`;
    return sign + (whole > 0 ? `${whole}m ${seconds}` : seconds);
  }
  const parts = [
    [Math.floor(rest / DAY), 'd'],
    [Math.floor((rest % DAY) / HOUR), 'h'],
    [Math.floor((rest % HOUR) / MINUTE), 'm'],
    [Math.floor((rest % MINUTE) / SECOND), 's'],
  ] as const;
  return sign + parts.flatMap(([n, unit]) => (n > 0 ? [`${n}${unit}`] : [])).join(' ');
}

/** About how many pixels a label beside a line or a bar takes, with the room before and behind it. */
export function labelWidth(text: string): number {
  return 12 + text.length * 6.5;
}

/** From when to when, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Which part of a run's time is looked at: all of it, a fixed part, or the newest part of a run that goes on. */
export type TimeWindow =
  | { readonly kind: 'all' }
  | { readonly kind: 'fixed'; readonly from: number; readonly to: number }
  | { readonly kind: 'newest'; readonly length: number };

/** All of the run. */
export const ALL: TimeWindow = { kind: 'all' };

/** The shortest time that a person can look at, in milliseconds. */
export const SHORTEST = 5;

/** The time that is shown, given that of the run. */
export function shown(window: TimeWindow, run: Span): Span {
  switch (window.kind) {
    case 'all':
      return run;
    case 'fixed':
      return { from: window.from, to: window.to };
    case 'newest':
      return { from: Math.max(run.from, run.to - window.length), to: run.to };
  }
}

/**
 * The window for what a person chose between two times, in any order: kept inside the run and not shorter than can be seen. One that
 * reaches the right edge of a run that goes on follows it; one that is all of the run is all of it from then on.
 */
export function choose(a: number, b: number, run: Span, goesOn: boolean): TimeWindow {
  const length = run.to - run.from;
  let from = Math.max(run.from, Math.min(a, b));
  let to = Math.min(run.to, Math.max(a, b));
  if (to - from < SHORTEST) {
    const middle = (from + to) / 2;
    from = Math.max(run.from, Math.min(middle - SHORTEST / 2, run.to - SHORTEST));
    to = Math.min(run.to, from + SHORTEST);
  }
  if (to - from >= length * 0.995) return ALL;
  if (goesOn && run.to - to <= length * 0.005) return { kind: 'newest', length: to - from };
  return { kind: 'fixed', from, to };
}

/** Zooms around a time: a factor below 1 shows less. */
export function zoom(
  window: TimeWindow,
  around: number,
  factor: number,
  run: Span,
  goesOn: boolean,
): TimeWindow {
  const { from, to } = shown(window, run);
  return choose(around - (around - from) * factor, around + (to - around) * factor, run, goesOn);
}

/** Moves the window by a time, as far as the run reaches. */
export function pan(window: TimeWindow, by: number, run: Span, goesOn: boolean): TimeWindow {
  const { from, to } = shown(window, run);
  const step = Math.max(run.from - from, Math.min(by, run.to - to));
  return choose(from + step, to + step, run, goesOn);
}

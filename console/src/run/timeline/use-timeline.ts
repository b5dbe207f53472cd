import { useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { runClient } from '../../api/clients.ts';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { isTerminal } from '../../shared/phase.ts';
import { useRun } from '../run-context.ts';
import type { TreeItem } from '../tree/item.ts';
import { AttemptsCache } from './attempts-cache.ts';
import { type Attempt, attemptsOf } from './segments.ts';
import { ALL, pan, type Span, shown, type TimeWindow, zoom } from './time-window.ts';

/** What a bar needs to know. It is another object whenever bars look different. */
export interface Bars extends Span {
  /** The right edge of what goes on. */
  readonly now: number;
  /** How many pixels they have. */
  readonly width: number;
  /** Changes when more attempts are known. */
  readonly known: number;
  attempts(action: string): readonly Attempt[] | undefined;
}

/** The time of a run: all of it, what is shown of it, and how to show another part. */
export interface Timeline {
  readonly run: Span;
  readonly goesOn: boolean;
  readonly window: TimeWindow;
  readonly bars: Bars;
  setWindow(window: TimeWindow): void;
  /** Tells how wide the bars are drawn. */
  measured(width: number): void;
}

/** Follows the time of the run. `seen` are the lines that are looked at, for which more is asked. */
export function useTimeline(on: boolean, seen: () => readonly TreeItem[]): Timeline {
  const { tree } = useRun();
  useFrameStore(tree.frames);
  const [window, setWindow] = useState<TimeWindow>(ALL);
  const [width, measured] = useState(0);
  const goesOn = tree.root !== undefined && !isTerminal(tree.root.phase);
  const now = useTicking(on && goesOn, window.kind === 'newest' ? window.length : undefined);
  const run = useMemo(
    () => spanOf(tree.root, goesOn, now),
    [tree.root, tree.root?.start, tree.root?.end, goesOn, now],
  );
  const cache = useCache(on);
  const known = useFrameStore(cache.frames);
  const { from, to } = shown(window, run);
  const bars = useMemo(
    () => ({ from, to, now, width, known, attempts: (action: string) => cache.get(action) }),
    [from, to, now, width, cache, known],
  );
  const latest = useRef(seen);
  useEffect(() => {
    latest.current = seen;
    if (on) cache.look(seen());
  });
  const middle = (from + to) / 2;
  const quarter = (to - from) / 4;
  useShortcuts(
    on
      ? [
          {
            keys: '+',
            label: 'Show less time',
            run: () => setWindow(zoom(window, middle, 0.5, run, goesOn)),
          },
          { keys: '-', label: 'Show more time', run: () => setWindow(zoom(window, middle, 2, run, goesOn)) },
          { keys: '0', label: 'Show all of the time', run: () => setWindow(ALL) },
          { keys: '[', label: 'Show earlier', run: () => setWindow(pan(window, -quarter, run, goesOn)) },
          { keys: ']', label: 'Show later', run: () => setWindow(pan(window, quarter, run, goesOn)) },
        ]
      : [],
  );
  return { run, goesOn, window, bars, setWindow, measured };
}

function spanOf(root: TreeItem | undefined, goesOn: boolean, now: number): Span {
  const from = root === undefined || Number.isNaN(root.start) ? now - 1000 : root.start;
  const end = goesOn || root === undefined || Number.isNaN(root.end) ? now : root.end;
  return { from, to: Math.max(end, from + 1) };
}

/** About the width of the bars: bars move by whole pixels, so time need not be read more often than that. */
const PIXELS = 900;

/** The time, as often as it makes a visible difference for the run, at most five times a second. */
function useTicking(on: boolean, length: number | undefined): number {
  const { tree } = useRun();
  const [now, tick] = useReducer(
    () => Date.now(),
    0,
    () => Date.now(),
  );
  const start = tree.root?.start ?? now;
  const span = length ?? now - start;
  const every = Math.max(200, Math.min(2000, Math.round(span / PIXELS / 100) * 100));
  const calm = useReducedMotion();
  useEffect(() => {
    if (!on) return;
    tick();
    const timer = setInterval(tick, calm ? Math.max(1000, every) : every);
    return () => clearInterval(timer);
  }, [on, every, calm]);
  return now;
}

function useReducedMotion(): boolean {
  const [query] = useState(() => matchMedia('(prefers-reduced-motion: reduce)'));
  const [calm, set] = useState(query.matches);
  useEffect(() => {
    const change = () => set(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, [query]);
  return calm;
}

function useCache(on: boolean): AttemptsCache {
  const { kind, id } = useRun();
  const cache = useMemo(
    () =>
      new AttemptsCache({
        load: async (name) => {
          const { details } = await runClient(kind).getActionDetails({ actionId: { run: id, name } });
          return attemptsOf(details);
        },
        later: (callback, ms) => {
          const timer = setTimeout(callback, ms);
          return () => clearTimeout(timer);
        },
      }),
    [kind, id],
  );
  useEffect(() => (on ? () => cache.close() : undefined), [cache, on]);
  return cache;
}

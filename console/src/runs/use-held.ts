import { useMemo, useState, useSyncExternalStore } from 'react';
import type { RunRow } from './run-row.ts';

/** What is shown while new runs wait. */
export interface Held {
  readonly rows: readonly RunRow[];
  readonly news: number;
  /** While true, new runs wait: somebody is about to click. */
  setHeld(held: boolean): void;
  /** Shows those that wait. */
  release(): void;
}

/**
 * Keeps runs that come in from pushing the list away under somebody who points at it, has selected something or has scrolled down: they
 * wait, and are counted. Runs that are shown go on changing.
 */
export function useHeld(rows: readonly RunRow[], busy: boolean): Held {
  const [held, setHeld] = useState(false);
  const scrolled = useSyncExternalStore(onScroll, isScrolled);
  const [mark, setMark] = useState<number>();
  const holding = held || busy || scrolled;
  const newest = rows[0]?.start;
  // Set and taken back while rendering: an effect would show the new runs for a moment.
  if (holding && mark === undefined && newest !== undefined) setMark(newest);
  if (!holding && mark !== undefined) setMark(undefined);
  const limit = holding ? mark : undefined;
  const shown = useMemo(() => (limit === undefined ? rows : notAfter(rows, limit)), [rows, limit]);
  return { rows: shown, news: rows.length - shown.length, setHeld, release: () => setMark(newest) };
}

/** Without those that began later, unless that is all of them: then another filter shows other runs. */
function notAfter(rows: readonly RunRow[], limit: number): readonly RunRow[] {
  const from = rows.findIndex(({ start }) => start <= limit);
  return from <= 0 ? rows : rows.slice(from);
}

function onScroll(listener: () => void): () => void {
  addEventListener('scroll', listener, { passive: true });
  return () => removeEventListener('scroll', listener);
}

const isScrolled = () => scrollY > 120;

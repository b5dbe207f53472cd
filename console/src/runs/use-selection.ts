import { useState } from 'react';
import type { RunRow } from './run-row.ts';

/** The runs that are selected, by name. */
export interface Selection {
  readonly names: ReadonlySet<string>;
  /** Adds or removes one; given the list, everything from the one before up to this one is added. */
  toggle(name: string, within?: readonly RunRow[]): void;
  toggleAll(rows: readonly RunRow[]): void;
  clear(): void;
}

const none: ReadonlySet<string> = new Set();

/** Which runs are selected, for as long as the component is shown. */
export function useSelection(): Selection {
  const [names, setNames] = useState(none);
  const [last, setLast] = useState<string>();
  return {
    names,
    toggle(name, within) {
      setLast(name);
      setNames((before) => {
        const range = within && last !== undefined ? between(within, last, name) : [];
        if (range.length > 0) return new Set([...before, ...range]);
        const next = new Set(before);
        if (!next.delete(name)) next.add(name);
        return next;
      });
    },
    toggleAll: (rows) =>
      setNames((before) =>
        rows.every(({ name }) => before.has(name)) ? none : new Set(rows.map(({ name }) => name)),
      ),
    clear: () => setNames(none),
  };
}

function between(rows: readonly RunRow[], one: string, other: string): string[] {
  const ends = [one, other].map((name) => rows.findIndex((row) => row.name === name));
  const [from = -1, to = -1] = ends.sort((a, b) => a - b);
  return from < 0 ? [] : rows.slice(from, to + 1).map(({ name }) => name);
}

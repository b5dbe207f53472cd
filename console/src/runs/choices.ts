import type { Choice } from './choice-filter.tsx';
import type { RunRow } from './run-row.ts';
import { SOURCES } from './runs-search.ts';

/** What filters can choose from: what the loaded runs have, the most frequent first. */
export interface Choices {
  readonly task: readonly Choice[];
  readonly label: readonly Choice[];
  readonly who: readonly Choice[];
  readonly trigger: readonly Choice[];
  readonly source: readonly Choice[];
}

/** Collects the choices of the rows. */
export function choicesOf(rows: readonly RunRow[]): Choices {
  const tasks = new Map<string, number>();
  const labels = new Map<string, number>();
  const people = new Map<string, number>();
  const triggers = new Map<string, number>();
  const sources = new Map<string, number>();
  const names = new Map<string, string>();
  for (const row of rows) {
    count(tasks, row.task);
    count(people, row.subject);
    count(triggers, row.trigger);
    count(sources, SOURCES.find(({ source }) => source === row.source)?.key ?? '');
    names.set(row.subject, row.who);
    for (const [key, value] of Object.entries(row.labels)) count(labels, `${key}=${value}`);
  }
  return {
    task: sorted(tasks),
    label: sorted(labels),
    who: sorted(people, (subject) => names.get(subject) || subject),
    trigger: sorted(triggers),
    source: sorted(sources, (key) => SOURCES.find((source) => source.key === key)?.label ?? key),
  };
}

function count(counts: Map<string, number>, value: string): void {
  // Lists in addresses are separated by commas.
  if (value !== '' && !value.includes(',')) counts.set(value, (counts.get(value) ?? 0) + 1);
}

function sorted(counts: Map<string, number>, label = (value: string) => value): Choice[] {
  return [...counts]
    .sort(([a, many], [b, more]) => more - many || a.localeCompare(b))
    .map(([value, times]) => ({ value, label: label(value), detail: String(times) }));
}

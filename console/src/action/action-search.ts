import { one } from '../app/search.ts';
import type { RunSearch } from '../run/run-search.ts';

/** The parts of an action's panel, in the order of their tabs. */
export const TABS = ['overview', 'condition', 'values', 'logs', 'events', 'spec', 'report'] as const;

/** One part of an action's panel. */
export type Tab = (typeof TABS)[number];

/** The state of an action's panel, all of it in the address, beside that of its run's page. */
export interface ActionSearch extends RunSearch {
  /** Missing is: the overview, of a condition the condition. */
  readonly tab?: Tab;
  /** Which attempt's log, events or report; missing is the latest. */
  readonly attempt?: string;
  /** Number of the log's line that is pointed at, from 1. */
  readonly line?: string;
  /** What is searched in the log. */
  readonly grep?: string;
  /** Whether the panel takes the whole width. */
  readonly wide?: '1';
}

/** Reads what of the address belongs to the panel; what it does not understand, it leaves out. */
export function parseActionSearch(search: Record<string, unknown>): ActionSearch {
  const tab = TABS.find((known) => known === one(search.tab));
  const attempt = count(search.attempt);
  const line = count(search.line);
  const grep = one(search.grep);
  return {
    ...(tab && { tab }),
    ...(attempt && { attempt }),
    ...(line && { line }),
    ...(grep && { grep }),
    ...(one(search.wide) === '1' && { wide: '1' }),
  };
}

/** A whole number from 1, as text; undefined for anything else. */
function count(value: unknown): string | undefined {
  const text = one(value);
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? text : undefined;
}

import { parseSearch, stringifySearch } from '../app/search.ts';
import { parseRunsSearch, type RunsSearch } from './runs-search.ts';

/** Filters under a name. */
export interface SavedView {
  readonly name: string;
  readonly search: RunsSearch;
}

/** Views that everybody has. */
export const BUILT_IN: readonly SavedView[] = [
  { name: 'All runs', search: {} },
  { name: 'Going on', search: { phase: 'queued,waiting,initializing,running,paused' } },
  { name: 'Failed in the last 24 hours', search: { phase: 'failed,timed-out', since: '24h' } },
  { name: 'Failed yesterday', search: { phase: 'failed,timed-out', since: 'yesterday' } },
  { name: 'Waiting for somebody', search: { phase: 'paused' } },
  { name: 'By task, last 7 days', search: { since: '7d', group: 'task' } },
];

const MAX_VIEWS = 50;

/** Reads what `writeViews` wrote; nothing from what is no such text. */
export function readViews(text: string): SavedView[] {
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return [];
    return list.flatMap((item: unknown) => {
      const { name, query } = (item ?? {}) as { name?: unknown; query?: unknown };
      if (typeof name !== 'string' || typeof query !== 'string' || name === '') return [];
      return [{ name, search: parseRunsSearch(parseSearch(query)) }];
    });
  } catch {
    return [];
  }
}

/** Views as text for the browser's storage: names, and queries as in addresses. */
export function writeViews(views: readonly SavedView[]): string {
  return JSON.stringify(views.map(({ name, search }) => ({ name, query: stringifySearch({ ...search }) })));
}

/** With the view added, or in the place of the one with its name; the oldest make room. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  return [...views.filter(({ name }) => name !== view.name), view].slice(-MAX_VIEWS);
}

/** Whether both show the same. */
export function sameSearch(a: RunsSearch, b: RunsSearch): boolean {
  const text = (search: RunsSearch) => stringifySearch(Object.fromEntries(Object.entries(search).sort()));
  return text(a) === text(b);
}

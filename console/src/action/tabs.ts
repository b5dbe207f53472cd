import type { Tab } from './action-search.ts';

/** What kind of thing an action is, as its panel distinguishes it. */
export type ActionKind = 'task' | 'trace' | 'condition';

/** The tabs of an action, in their order. */
export function tabsOf(kind: ActionKind): readonly Tab[] {
  switch (kind) {
    case 'condition':
      return ['condition', 'overview', 'values', 'events', 'spec'];
    case 'trace':
      return ['overview', 'values', 'spec'];
    case 'task':
      return ['overview', 'values', 'logs', 'events', 'spec', 'report'];
  }
}

/** The tab that is shown: the wanted one if the action has it, else its first. */
export function shownTab(kind: ActionKind, wanted: Tab | undefined): Tab {
  const tabs = tabsOf(kind);
  return tabs.find((tab) => tab === wanted) ?? tabs[0] ?? 'overview';
}

/** The tab so many steps after this one; behind the last comes the first. */
export function tabAfter(kind: ActionKind, tab: Tab, step: number): Tab {
  const tabs = tabsOf(kind);
  return tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length] ?? tab;
}

/** What a tab is called. */
export const TAB_LABELS: Readonly<Record<Tab, string>> = {
  overview: 'Overview',
  condition: 'Condition',
  values: 'Inputs & outputs',
  logs: 'Logs',
  events: 'Events',
  spec: 'Spec',
  report: 'Report',
};

/** What the page of a task can show below its numbers. */
export const TASK_TABS = ['runs', 'grid', 'versions', 'triggers', 'interface'] as const;

/** One of them. */
export type TaskTab = (typeof TASK_TABS)[number];

/** The query of the page of a task. */
export interface TaskSearch {
  readonly version?: string;
  readonly tab?: TaskTab;
}

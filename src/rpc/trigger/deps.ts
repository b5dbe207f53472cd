import type { RunDeps } from '../run/deps.ts';

/** What the handlers of the task and trigger services work with. */
export interface TriggerDeps
  extends Pick<
    RunDeps,
    'dialect' | 'writer' | 'storage' | 'clock' | 'organizations' | 'autoCreateProjects' | 'domains'
  > {
  /** Rows that one list call may look at when no index can answer its filter. */
  readonly maxScan: number;
  /** Called after triggers changed: the next one may be due earlier. */
  readonly onTriggersChanged: () => void;
}

/** A list call's own part of a query. */
export interface CallContext {
  readonly signal?: AbortSignal | undefined;
}

import type { Unit } from './unit.ts';

/** A run as unique keys name it: `org_key` is empty where organizations are shared. */
export interface StoredRunKey {
  readonly org_key: string;
  readonly project: string;
  readonly domain: string;
  readonly name: string;
}

/** What is asked for a run is often asked for the same one next; keys don't change. */
let last: { readonly run: StoredRunKey; readonly text: string } | undefined;

/** Text that stands for a run within one unit. */
export function runKeyText(run: StoredRunKey): string {
  if (last?.run !== run) {
    last = { run, text: `${run.org_key}\n${run.project}\n${run.domain}\n${run.name}` };
  }
  return last.text;
}

/** An action that a command works on, with those of its attempts that it needs; `latest` is the newest one that is known. */
export interface NeededAction {
  readonly run: StoredRunKey;
  readonly name: string;
  readonly attempts: readonly (number | 'latest')[];
  /** Set if the command makes the action where it is not there: the parent that it will have. */
  readonly parent?: string;
}

/** A project that a command needs to exist. */
export interface NeededProject {
  readonly org_key: string;
  readonly id: string;
}

/**
 * A change that shares its transaction with others. What it names is locked and loaded before `apply` is called.
 *
 * `apply` works in memory, on the unit alone. It throws a DomainError before it changes anything, or not at all: so a command that is
 * refused leaves nothing behind, and its neighbours go through.
 */
export interface Command<R> {
  readonly runs: readonly StoredRunKey[];
  readonly actions?: readonly NeededAction[];
  readonly projects?: readonly NeededProject[];
  apply(unit: Unit): R;
}

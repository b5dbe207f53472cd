import type { Change } from '../repository/write/flush.ts';

/** Wants to know that something changed. It is called for each change and must only take a note. */
export interface ChangeListener {
  changed(change: Change): void;
  /** Anything may have changed, because it is not known what did. */
  everythingChanged(): void;
}

/** Tells each change to those who look at that run or action, and to nobody else: ten thousand idle watches cost a change nothing. */
export class Topics {
  readonly #runActions = new Map<number, Set<ChangeListener>>();
  readonly #actions = new Map<number, Set<ChangeListener>>();
  readonly #runs = new Set<ChangeListener>();
  readonly #any = new Set<(changes: readonly Change[]) => void>();

  /** Changes of the actions of one run. Call the result to end it. */
  onActionsOf(runId: number, listener: ChangeListener): () => void {
    return subscribe(this.#runActions, runId, listener);
  }

  /** Changes of one action. Call the result to end it. */
  onAction(actionId: number, listener: ChangeListener): () => void {
    return subscribe(this.#actions, actionId, listener);
  }

  /** Changes of what lists show of any run. Call the result to end it. */
  onRuns(listener: ChangeListener): () => void {
    this.#runs.add(listener);
    return () => this.#runs.delete(listener);
  }

  /** Every change of any run or action, in the lots in which they become known. Call the result to end it. */
  onAny(listener: (changes: readonly Change[]) => void): () => void {
    this.#any.add(listener);
    return () => this.#any.delete(listener);
  }

  publish(changes: readonly Change[]): void {
    for (const listener of this.#any) listener(changes);
    for (const change of changes) {
      if (change.actionId === null) {
        for (const listener of this.#runs) listener.changed(change);
        continue;
      }
      for (const listener of this.#runActions.get(change.runId) ?? []) listener.changed(change);
      for (const listener of this.#actions.get(change.actionId) ?? []) listener.changed(change);
    }
  }

  publishEverything(): void {
    for (const listener of this.#runs) listener.everythingChanged();
    for (const listeners of this.#runActions.values()) for (const l of listeners) l.everythingChanged();
    for (const listeners of this.#actions.values()) for (const l of listeners) l.everythingChanged();
  }
}

function subscribe(
  topics: Map<number, Set<ChangeListener>>,
  key: number,
  listener: ChangeListener,
): () => void {
  const listeners = topics.get(key) ?? new Set();
  topics.set(key, listeners.add(listener));
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && topics.get(key) === listeners) topics.delete(key);
  };
}

import type { WantedChanges } from '../repository/dialects/dialect.ts';
import type { Change } from '../repository/write/flush.ts';

/** Wants to know that something changed. It is called for each change and must only take a note. */
export interface ChangeListener {
  changed(change: Change): void;
  /** Anything may have changed, because it is not known what did. */
  everythingChanged(): void;
}

/** Of more runs and actions than this the change log is read as a whole. */
const MAX_WANTED = 1000;

/** Tells each change to those who look at that run or action, and to nobody else: ten thousand idle watches cost a change nothing. */
export class Topics {
  readonly #runActions = new Map<number, Set<ChangeListener>>();
  readonly #actions = new Map<number, Set<ChangeListener>>();
  readonly #runs = new Set<ChangeListener>();
  readonly #any = new Set<(changes: readonly Change[]) => void>();
  #growth = 0;
  /** Called when somebody begins to listen where nobody did. */
  onFirst: () => void = () => {};

  /** Whether nobody listens for anything. */
  get isDeserted(): boolean {
    return this.#any.size + this.#runs.size + this.#runActions.size + this.#actions.size === 0;
  }

  /** Grows whenever changes are wanted that nobody wanted before. */
  get growth(): number {
    return this.#growth;
  }

  /** The changes that somebody listens for, as of now: maybe more, never less. */
  wanted(): WantedChanges {
    if (this.isDeserted) return 'nothing';
    if (this.#any.size > 0 || this.#runActions.size + this.#actions.size > MAX_WANTED) return 'everything';
    const [actionsOf, actions] = [[...this.#runActions.keys()], [...this.#actions.keys()]];
    return { runs: this.#runs.size > 0, actionsOf, actions };
  }

  /** Changes of the actions of one run. Call the result to end it. */
  onActionsOf(runId: number, listener: ChangeListener): () => void {
    return this.#subscribe(this.#runActions, runId, listener);
  }

  /** Changes of one action. Call the result to end it. */
  onAction(actionId: number, listener: ChangeListener): () => void {
    return this.#subscribe(this.#actions, actionId, listener);
  }

  /** Changes of what lists show of any run. Call the result to end it. */
  onRuns(listener: ChangeListener): () => void {
    if (this.#runs.size === 0) this.#grow();
    this.#runs.add(listener);
    return () => this.#runs.delete(listener);
  }

  /** Every change of any run or action, in the lots in which they become known. Call the result to end it. */
  onAny(listener: (changes: readonly Change[]) => void): () => void {
    this.#grow();
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

  #subscribe(topics: Map<number, Set<ChangeListener>>, key: number, listener: ChangeListener): () => void {
    let listeners = topics.get(key);
    if (listeners === undefined) {
      this.#grow();
      listeners = new Set();
      topics.set(key, listeners);
    }
    const those = listeners.add(listener);
    return () => {
      those.delete(listener);
      if (those.size === 0 && topics.get(key) === those) topics.delete(key);
    };
  }

  /** To be called before somebody is added. */
  #grow(): void {
    this.#growth++;
    if (this.isDeserted) this.onFirst();
  }
}

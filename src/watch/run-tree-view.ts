import { setImmediate as breathe } from 'node:timers/promises';
import type { RunIdentifier } from '../gen/flyteidl2/common/identifier_pb.js';
import type { TreePlace, TreeRow } from '../repository/read/watch-actions.ts';
import type { Change, ChangedAction } from '../repository/write/flush.ts';
import { ActionTree, isBefore } from './action-tree.ts';
import type { BatchReader } from './batch-reader.ts';
import { FilteredTree } from './filtered-tree.ts';
import { Refresher, spacingFor } from './refresher.ts';
import type { SharedView } from './shared.ts';
import { SharedLens } from './shared-lens.ts';
import type { ChangeListener, Topics } from './topics.ts';
import type { TreeFilter } from './tree-filter.ts';
import { Waiters } from './waiter.ts';

/** What a tree is read with. */
export interface TreeReader {
  /** What all actions of a run have in common. */
  run(runId: number): Promise<RunIdentifier>;
  /** The actions of a run, oldest first, those after a given one. */
  page(runId: number, after: TreePlace | undefined, limit: number): Promise<TreeRow[]>;
  /** Actions by id, at most `ROWS_PER_READ` at once. */
  readonly rows: BatchReader<number, TreeRow>;
}

/** How many actions are read by id at once. */
export const ROWS_PER_READ = 500;
/** Leaves room for the ancestors that are told of again with each page, so that both fit into one message. */
const PAGE = 450;
/** More than this and reading the whole run again is cheaper. */
const MAX_DIRTY = 5000;

/**
 * The tree of one run, kept up to date for all who watch it: each change is read once and converted once, however many there are. What this
 * process itself commits is not even read: the writer hands over the rows.
 *
 * Why nothing is lost: the view subscribes to changes before it reads, so a change is either committed before the read begins, and read, or
 * told, and read again afterwards. Why nothing goes backwards: rows are read one batch after the other, each read begins after the one
 * before has ended, and a database never answers a later read with an older version of a row. A row that was handed over comes at no certain
 * time, so it is taken only if it is further on than what is known, in the order that actions move by; if that does not tell, it is read.
 */
export class RunTreeView implements SharedView, ChangeListener {
  readonly waiters = new Waiters();
  readonly #runId: number;
  readonly #reader: TreeReader;
  readonly #tree = new ActionTree();
  readonly #all = new SharedLens(this.#tree);
  readonly #filtered = new Map<string, { tree: FilteredTree; lens: SharedLens; users: number }>();
  readonly #refresher: Refresher;
  readonly #unsubscribe: () => void;
  /** What changed, with the row that the writer handed over; without one it has to be read. */
  #dirty = new Map<number, ChangedAction | undefined>();
  #everything = true;
  #identified = false;
  #loaded = false;
  #closed = false;
  #failure: unknown;

  constructor(runId: number, reader: TreeReader, topics: Topics, onError?: (error: unknown) => void) {
    this.#runId = runId;
    this.#reader = reader;
    this.#refresher = new Refresher({
      work: () => this.#refresh(),
      spacing: () => spacingFor(this.waiters.size),
      ...(onError ? { onError } : {}),
    });
    this.#unsubscribe = topics.onActionsOf(runId, this);
    this.#refresher.request();
  }

  /** Whether every action that there was when the view was opened has been read. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Throws why the view could not be read in the first place. Later failures are tried again until they pass. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The tree as a filter shows it. Each call needs one `leave` with the same filter. */
  look(filter: TreeFilter | undefined): SharedLens {
    if (filter === undefined) return this.#all;
    let shared = this.#filtered.get(filter.key);
    if (shared === undefined) {
      const tree = new FilteredTree(this.#tree, (node) => filter.matches(node));
      shared = { tree, lens: new SharedLens(tree), users: 0 };
      this.#filtered.set(filter.key, shared);
    }
    shared.users++;
    return shared.lens;
  }

  leave(filter: TreeFilter | undefined): void {
    const shared = filter === undefined ? undefined : this.#filtered.get(filter.key);
    if (shared !== undefined && filter !== undefined && --shared.users === 0)
      this.#filtered.delete(filter.key);
  }

  changed({ actionId, row }: Change): void {
    if (actionId === null || this.#everything) return;
    this.#note(actionId, row);
    if (this.#dirty.size > MAX_DIRTY) this.everythingChanged();
    else this.#refresher.request();
  }

  everythingChanged(): void {
    this.#everything = true;
    this.#dirty.clear();
    this.#refresher.request();
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#refresher.stop();
  }

  async #refresh(): Promise<void> {
    try {
      if (this.#everything) await this.#readAll();
      else await this.#refreshDirty();
    } catch (error) {
      if (!this.#loaded) {
        this.#failure = error;
        this.#refresher.stop();
        this.waiters.ring();
      }
      throw error;
    }
  }

  async #readAll(): Promise<void> {
    // Whatever changes from here on is told, and read again.
    this.#everything = false;
    this.#dirty.clear();
    try {
      if (!this.#identified) {
        this.#tree.run = await this.#reader.run(this.#runId);
        this.#identified = true;
      }
      for (let after: TreePlace | undefined; !this.#closed; await breathe()) {
        const rows: TreeRow[] = await this.#reader.page(this.#runId, after, PAGE);
        this.#apply(rows);
        if (rows.length < PAGE) break;
        after = rows.at(-1);
      }
    } catch (error) {
      this.#everything = true;
      throw error;
    }
    if (this.#loaded) return;
    this.#loaded = true;
    this.waiters.ring();
  }

  /** Two transactions of one process may be told of in another order than they were committed in. */
  #note(actionId: number, row: ChangedAction | undefined): void {
    if (!this.#dirty.has(actionId)) {
      this.#dirty.set(actionId, row);
      return;
    }
    const known = this.#dirty.get(actionId);
    if (known === undefined || row === undefined) this.#dirty.set(actionId, undefined);
    else if (isBefore(known, row)) this.#dirty.set(actionId, row);
    else if (!isBefore(row, known)) this.#dirty.set(actionId, undefined);
  }

  async #refreshDirty(): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = new Map();
    const ids: number[] = [];
    const rows: ChangedAction[] = [];
    for (const [id, row] of dirty) {
      const judgement = row === undefined ? 'read' : this.#tree.judge(row);
      if (judgement === 'read') ids.push(id);
      else if (judgement === 'take' && row !== undefined) rows.push(row);
    }
    this.#apply(rows);
    for (let from = 0; from < ids.length && !this.#closed; from += ROWS_PER_READ) {
      const chunk = ids.slice(from, from + ROWS_PER_READ);
      try {
        const found = await this.#reader.rows.load(chunk);
        this.#apply(chunk.flatMap((id) => found.get(id) ?? []));
      } catch (error) {
        for (const id of ids.slice(from)) this.#dirty.set(id, undefined);
        throw error;
      }
    }
  }

  #apply(rows: readonly ChangedAction[]): void {
    const changed = this.#tree.apply(rows);
    if (changed.length === 0) return;
    for (const { tree } of this.#filtered.values()) tree.update(changed);
    this.waiters.ring();
  }
}

import { equals } from '@bufbuild/protobuf';
import { type TaskGroup, TaskGroupSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { RunWatchRow } from '../repository/read/watch-runs.ts';
import { ChangeOrder } from './change-order.ts';
import { goneGroup } from './group-message.ts';
import { GroupRanking } from './group-ranking.ts';
import { Refresher } from './refresher.ts';
import type { RunsView } from './runs-view.ts';
import type { SharedView } from './shared.ts';
import { Waiters } from './waiter.ts';

/** What a view of groups is made with. */
export interface GroupsViewOptions {
  readonly runs: RunsView;
  /** Reads the groups of some tasks, or all of them, as of one moment after the call. */
  readonly read: (tasks: readonly string[] | undefined) => Promise<TaskGroup[]>;
  /** Whether a run belongs to the period and the project, whatever the filters. */
  readonly concerns: (row: RunWatchRow) => boolean;
  /** How many groups are shown; the others stay out of sight. */
  readonly limit: number;
  readonly oldestFirst: boolean;
  readonly onError?: (error: unknown) => void;
}

/** Summing up costs more than reading a row: it is done no more often than this, nor for more than a tenth of the time. */
const MIN_SPACING_MS = 250;
const MAX_SPACING_MS = 5000;
const TASKS_PER_READ = 200;
const MAX_DIRTY = 2000;

/**
 * The groups of one project and period, kept up to date for all who watch them. After a run has changed, only the group of its task is
 * summed up again. The view follows runs before it reads, and reads one at a time.
 */
export class GroupsView implements SharedView {
  readonly waiters = new Waiters();
  readonly #options: GroupsViewOptions;
  readonly #refresher: Refresher;
  readonly #ranking: GroupRanking;
  readonly #unobserve: () => void;
  readonly #changes = new ChangeOrder<string, TaskGroup>();
  #dirty = new Set<string>();
  #everything = true;
  #loaded = false;
  #failure: unknown;
  #lastMs = 0;

  constructor(options: GroupsViewOptions) {
    this.#options = options;
    this.#ranking = new GroupRanking(options.limit, options.oldestFirst);
    this.#refresher = new Refresher({
      work: () => this.#refresh(),
      spacing: () => Math.min(MAX_SPACING_MS, Math.max(MIN_SPACING_MS, this.#lastMs * 10)),
      ...(options.onError ? { onError: options.onError } : {}),
    });
    options.runs.open();
    this.#unobserve = options.runs.observe((rows) => this.#note(rows));
    this.#refresher.request();
  }

  /** Whether the groups have been read. Throws why they could not be. */
  get loaded(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#loaded;
  }

  get head(): number {
    return this.#changes.head;
  }

  /** The groups that are shown, in their order. */
  snapshot(): TaskGroup[] {
    return this.#ranking.shown();
  }

  /** The groups that changed after a stamp, as they are now; those that are gone say so. */
  since(stamp: number): TaskGroup[] {
    return this.#changes.since(stamp);
  }

  close(): void {
    this.#unobserve();
    this.#options.runs.close();
    this.#refresher.stop();
  }

  #note(rows: readonly RunWatchRow[] | 'everything'): void {
    if (rows === 'everything') {
      this.#everything = true;
    } else {
      const before = this.#dirty.size;
      for (const row of rows) if (this.#options.concerns(row)) this.#dirty.add(row.task_name ?? '');
      if (this.#dirty.size === before) return;
      if (this.#dirty.size > MAX_DIRTY) this.#everything = true;
    }
    this.#refresher.request();
  }

  async #refresh(): Promise<void> {
    const begin = performance.now();
    const everything = this.#everything;
    const tasks = [...this.#dirty];
    this.#everything = false;
    this.#dirty.clear();
    try {
      if (everything) this.#apply(undefined, await this.#options.read(undefined));
      for (let from = 0; !everything && from < tasks.length; from += TASKS_PER_READ) {
        const chunk = tasks.slice(from, from + TASKS_PER_READ);
        this.#apply(chunk, await this.#options.read(chunk));
      }
    } catch (error) {
      this.#everything ||= everything;
      for (const task of tasks) this.#dirty.add(task);
      if (!this.#loaded) {
        this.#failure = error;
        this.#refresher.stop();
        this.waiters.ring();
      }
      throw error;
    } finally {
      this.#lastMs = performance.now() - begin;
    }
  }

  /** Takes in the groups of some tasks, or of all; tasks without a group have none any more. */
  #apply(tasks: readonly string[] | undefined, groups: readonly TaskGroup[]): void {
    const before = new Map(this.#ranking.shown().map((group) => [group.taskName, group]));
    this.#ranking.replace(tasks, groups);
    const after = new Map(this.#ranking.shown().map((group) => [group.taskName, group]));
    const { head } = this.#changes;
    for (const [task, group] of before) if (!after.has(task)) this.#changes.set(task, goneGroup(group));
    for (const [task, group] of after) {
      const known = before.get(task);
      if (known === undefined || !equals(TaskGroupSchema, known, group)) this.#changes.set(task, group);
    }
    if (this.#loaded && this.#changes.head === head) return;
    this.#loaded = true;
    this.waiters.ring();
  }
}

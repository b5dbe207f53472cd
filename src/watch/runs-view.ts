import type { Run } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { runMessage } from '../repository/read/run-message.ts';
import type { RunTarget, RunWatchRow } from '../repository/read/watch-runs.ts';
import type { Change } from '../repository/write/flush.ts';
import { type Instant, instantFromMicros } from '../runs/instant.ts';
import { ChangeOrder } from './change-order.ts';
import { Refresher, spacingFor } from './refresher.ts';
import type { ChangeListener, Topics } from './topics.ts';
import { Turns } from './turns.ts';
import { Waiters } from './waiter.ts';

/** What the view is read with. */
export interface RunsReader {
  byId(ids: readonly number[]): Promise<RunWatchRow[]>;
  newest(target: RunTarget, after: RunWatchRow | undefined, limit: number): Promise<RunWatchRow[]>;
  updatedSince(
    target: RunTarget,
    since: Instant,
    after: RunWatchRow | undefined,
    limit: number,
  ): Promise<RunWatchRow[]>;
}

/** A run that changed lately, as it is now. */
export interface RecentRun {
  row: RunWatchRow;
  message: Run | undefined;
}

/** How many runs are read at once. */
export const RUNS_PER_READ = 500;
const MAX_RECENT = 10_000;
const MAX_DIRTY = 20_000;
/** No transaction stays open that long, and no two clocks differ by that much. */
const MARGIN_MS = 5 * 60_000;

/**
 * The runs that changed lately, of all targets, shared by all who watch runs: each change is read once and converted once. It is bounded; a
 * stream that finds itself below `floor` reads again what was updated since it was last complete.
 *
 * All reads take turns, those of snapshots included, and each brings up to date what is kept here of the runs that it found. So whatever
 * is taken from here is at least as new as anything that was read before, and no stream goes backwards.
 */
export class RunsView implements ChangeListener {
  readonly waiters = new Waiters();
  readonly #reader: RunsReader;
  readonly #topics: Topics;
  readonly #followedUntil: () => number;
  readonly #refresher: Refresher;
  readonly #turns = new Turns();
  readonly #recent: ChangeOrder<number, RecentRun>;
  readonly #observers = new Set<(rows: readonly RunWatchRow[] | 'everything') => void>();
  #dirty = new Set<number>();
  #users = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(options: {
    reader: RunsReader;
    topics: Topics;
    /** Milliseconds since 1970 before which every commit has been published. */
    followedUntil: () => number;
    maxRecent?: number;
    onError?: (error: unknown) => void;
  }) {
    this.#reader = options.reader;
    this.#topics = options.topics;
    this.#followedUntil = options.followedUntil;
    this.#recent = new ChangeOrder(options.maxRecent ?? MAX_RECENT);
    this.#refresher = new Refresher({
      work: () => this.#refresh(),
      spacing: () => spacingFor(this.waiters.size),
      ...(options.onError ? { onError: options.onError } : {}),
    });
  }

  /** Follows changes from now on, until as many calls of `close` as of this. */
  open(): void {
    if (this.#users++ === 0) this.#unsubscribe = this.#topics.onRuns(this);
  }

  close(): void {
    if (--this.#users > 0) return;
    this.#unsubscribe?.();
    this.#dirty.clear();
    this.#recent.clear();
  }

  /** No read begins any more. */
  stop(): void {
    this.#refresher.stop();
  }

  get head(): number {
    return this.#recent.head;
  }

  get floor(): number {
    return this.#recent.floor;
  }

  /** The runs that changed after a stamp, oldest change first. */
  since(stamp: number): RecentRun[] {
    return this.#recent.since(stamp);
  }

  /** A time before which nothing is missing for a stream that has taken everything up to `head` just now. */
  completeUntil(): Instant {
    return instantFromMicros(BigInt(Math.floor(this.#followedUntil() - MARGIN_MS)) * 1000n);
  }

  newest(target: RunTarget, after: RunWatchRow | undefined, limit: number): Promise<RunWatchRow[]> {
    return this.#read(() => this.#reader.newest(target, after, limit));
  }

  updatedSince(
    target: RunTarget,
    since: Instant,
    after: RunWatchRow | undefined,
    limit: number,
  ): Promise<RunWatchRow[]> {
    return this.#read(() => this.#reader.updatedSince(target, since, after, limit));
  }

  /** Tells about every changed run that was read, or that any may have changed. Call the result to end it; the view has to be open. */
  observe(observer: (rows: readonly RunWatchRow[] | 'everything') => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  changed({ runId }: Change): void {
    this.#dirty.add(runId);
    if (this.#dirty.size > MAX_DIRTY) {
      this.#dirty.clear();
      this.everythingChanged();
    } else {
      this.#refresher.request();
    }
  }

  everythingChanged(): void {
    this.#recent.clear();
    for (const observer of this.#observers) observer('everything');
    this.waiters.ring();
  }

  async #refresh(): Promise<void> {
    const ids = [...this.#dirty];
    this.#dirty.clear();
    for (let from = 0; from < ids.length && this.#users > 0; from += RUNS_PER_READ) {
      const chunk = ids.slice(from, from + RUNS_PER_READ);
      try {
        await this.#turns.run(async () => this.#publish(await this.#reader.byId(chunk)));
      } catch (error) {
        for (const id of ids.slice(from)) this.#dirty.add(id);
        throw error;
      }
    }
  }

  #publish(rows: readonly RunWatchRow[]): void {
    if (this.#users === 0) return;
    for (const row of rows) {
      const known = this.#recent.get(row.id);
      if (known === undefined) this.#recent.set(row.id, { row, message: undefined });
      else if (differs(known.row, row)) this.#replace(known, row);
    }
    for (const observer of this.#observers) observer(rows);
    this.waiters.ring();
  }

  /** A read on behalf of one stream. What it finds newer than what is kept here is news for the others as well. */
  #read(read: () => Promise<RunWatchRow[]>): Promise<RunWatchRow[]> {
    return this.#turns.run(async () => {
      const rows = await read();
      let news = false;
      for (const row of rows) {
        const known = this.#recent.get(row.id);
        if (known === undefined || !differs(known.row, row)) continue;
        this.#replace(known, row);
        news = true;
      }
      if (news) this.waiters.ring();
      return rows;
    });
  }

  #replace(known: RecentRun, row: RunWatchRow): void {
    known.row = row;
    known.message = undefined;
    this.#recent.set(row.id, known);
  }
}

/** The message of a run, made once for all who watch it. */
export function recentMessage(run: RecentRun): Run {
  run.message ??= runMessage(run.row);
  return run.message;
}

/** Whether a list would show the difference; everything else of a run never changes. */
function differs(a: RunWatchRow, b: RunWatchRow): boolean {
  return (
    a.phase !== b.phase ||
    a.attempts !== b.attempts ||
    a.start_time !== b.start_time ||
    a.end_time !== b.end_time ||
    a.duration_ms !== b.duration_ms ||
    a.cache_status !== b.cache_status
  );
}

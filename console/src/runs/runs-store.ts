import type { Run } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { FrameStore, type Schedule } from '../api/frame-store.ts';
import { type RunRow, rowOf } from './run-row.ts';

/** More are not kept: the oldest are forgotten, and read again when somebody scrolls to them. */
const MAX_ROWS = 20_000;

/** All runs that the page has heard of, newest first: from the stream, which is always right, and from pages. */
export class RunsStore {
  readonly frame: FrameStore;
  readonly #max: number;
  /** Newest first. Replaced as a whole when it is next read after a change. */
  #rows: readonly RunRow[] = [];
  #stale = false;
  readonly #byName = new Map<string, RunRow>();
  /** Those that the stream has sent since it was last opened. */
  #streamed = new Set<string>();
  #truncated = false;

  constructor(schedule?: Schedule, max = MAX_ROWS) {
    this.frame = new FrameStore(schedule);
    this.#max = max;
  }

  /** Whether old runs were forgotten. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** What the stream sent; `first` if a snapshot begins with it. */
  stream(runs: readonly Run[], first: boolean): void {
    if (first) this.#streamed = new Set();
    for (const run of runs) {
      const row = rowOf(run);
      if (row === undefined) continue;
      this.#streamed.add(row.name);
      this.#put(row);
    }
    this.#changed();
  }

  /** A page that was asked for. It may be older than what the stream has said meanwhile: then the stream is right. */
  page(runs: readonly Run[]): void {
    for (const run of runs) {
      const row = rowOf(run);
      if (row !== undefined && !this.#streamed.has(row.name)) this.#put(row);
    }
    this.#changed();
  }

  /** All runs, newest first. The same array until something changes. */
  rows(): readonly RunRow[] {
    if (this.#stale) {
      this.#stale = false;
      this.#rows = [...this.#byName.values()].sort(newestFirst);
      if (this.#rows.length > this.#max) {
        for (const { name } of this.#rows.slice(this.#max)) this.#byName.delete(name);
        this.#rows = this.#rows.slice(0, this.#max);
        this.#truncated = true;
      }
    }
    return this.#rows;
  }

  get(name: string): RunRow | undefined {
    return this.#byName.get(name);
  }

  /** Runs that had not ended, and of which the stream has said nothing since it was last opened: they may have changed meanwhile. */
  unconfirmed(): string[] {
    return [...this.#byName.values()]
      .filter(({ name, terminal }) => !terminal && !this.#streamed.has(name))
      .map(({ name }) => name);
  }

  #put(row: RunRow): void {
    this.#byName.set(row.name, row);
    this.#stale = true;
  }

  #changed(): void {
    this.frame.touch();
  }
}

/** By start, newest first; of two that began together, by name, so that they never change places. */
export function newestFirst(a: RunRow, b: RunRow): number {
  return b.start - a.start || (a.name < b.name ? 1 : -1);
}

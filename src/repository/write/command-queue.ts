import { type Command, runKeyText } from './command.ts';

/** A command and whoever waits for its outcome. */
export interface Waiting {
  readonly command: Command<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Commands that share a transaction. */
export interface Batch {
  readonly waiting: readonly Waiting[];
  /** The runs that they work on. */
  readonly runs: readonly string[];
  readonly weight: number;
}

/** How many of those that wait are looked at for a transaction, for each that it may have. */
const LOOK_AHEAD = 4;

/** The commands that wait for a transaction, in their order, and what those work on that have one. */
export class CommandQueue {
  #waiting: Waiting[] = [];
  /** The runs that transactions under way work on. */
  readonly #busy = new Set<string>();
  #underWay = 0;

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** What the batches under way weigh. */
  get underWay(): number {
    return this.#underWay;
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Whether what waits weighs so much. */
  holds(weight: number): boolean {
    let missing = weight;
    for (const { command } of this.#waiting) {
      if (missing <= 0) break;
      missing -= weightOf(command);
    }
    return missing <= 0;
  }

  /**
   * Takes a batch; it is under way until `done`. Beside another transaction it leaves out the runs that this one works on: it would only wait
   * for their locks. What is left of a run stays in its order.
   */
  take(maxBatch: number): Batch {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    const busy = new Set(this.#busy);
    let weight = 0;
    let seen = 0;
    for (const waiting of this.#waiting) {
      const more = weightOf(waiting.command);
      if (seen === LOOK_AHEAD * maxBatch || (weight > 0 && weight + more > maxBatch)) break;
      seen++;
      const keys = busy.size === 0 ? [] : waiting.command.runs.map(runKeyText);
      if (keys.some((key) => busy.has(key))) {
        for (const key of keys) busy.add(key);
        left.push(waiting);
      } else {
        batch.push(waiting);
        weight += more;
      }
    }
    this.#waiting = left.length === 0 ? this.#waiting.slice(seen) : [...left, ...this.#waiting.slice(seen)];
    const runs = batch.flatMap(({ command }) => command.runs.map(runKeyText));
    for (const run of runs) this.#busy.add(run);
    this.#underWay += weight;
    return { waiting: batch, runs, weight };
  }

  /** The transaction of a batch has ended. */
  done({ runs, weight }: Batch): void {
    for (const run of runs) this.#busy.delete(run);
    this.#underWay -= weight;
  }
}

/** For how many a command counts. An action's parent and root come with it. */
function weightOf({ actions }: Command<unknown>): number {
  return Math.max(1, (actions?.length ?? 0) - 2);
}

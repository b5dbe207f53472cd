import type { Instant } from '../runs/instant.ts';

/** An action that could start now. */
export interface Candidate {
  readonly action_id: number;
  readonly run_id: number;
  /** The action that enqueued it. */
  readonly parent_id: number | null;
  /** 0 for root actions. */
  readonly depth: number;
  /** How many actions of the run may have a process at once; 0 is no bound. */
  readonly run_concurrency: number;
  /** Of those that share it one runs at a time. */
  readonly serial_key: string | null;
  readonly queued_at: Instant;
}

/** An action that has a slot: its process is there, or is being made. */
export interface Occupant {
  readonly actionId: number;
  readonly runId: number;
  readonly depth: number;
  /** Whether it has children that have not ended: then it waits for them. */
  readonly blocked: boolean;
}

/** An action that has a process at another executor: it counts for the bound of its run only. */
export type DistantOccupant = Pick<Occupant, 'runId' | 'blocked'>;

/**
 * How many slots actions down to a depth may have together: `max × (1 − 2^−(depth+1))`, at least one more per level, at most all. What
 * remains is for those further down, so that parents can't take the slots that their children need.
 */
export function slotsDownTo(depth: number, max: number): number {
  let slots = Math.max(1, Math.floor(max / 2));
  for (let d = 1; d <= depth && slots < max; d++) {
    slots = Math.min(max, Math.max(slots + 1, Math.floor(max * (1 - 2 ** -(d + 1)))));
  }
  return slots;
}

/**
 * Chooses which actions start now, in order.
 *
 * A slot goes to the run that has the fewest, then to the one that has waited longest; within a run to the deepest action, then to the
 * oldest. `run_concurrency` bounds all actions of a run that have a process, its root and those that wait for children too, as Flyte
 * counts them. But where all of them wait for children one more starts, so that any bound lets every tree finish.
 *
 * If all slots belong to actions that wait for children of theirs and nothing may start, the deepest, oldest of those children starts
 * beyond the limit, or what has to run before one of them, having a key that is `awaited`: one for each time that everything is stuck, since
 * it works itself until it has children too.
 */
export function chooseStarts(
  candidates: readonly Candidate[],
  occupants: readonly Occupant[],
  max: number,
  more: { awaited?: ReadonlySet<string> | undefined; distant?: readonly DistantOccupant[] } = {},
): Candidate[] {
  const { awaited = new Set(), distant = [] } = more;
  const queues = [...Map.groupBy(candidates, (one) => one.run_id).values()];
  for (const queue of queues) queue.sort(deepestThenOldest);
  const slots = new Slots(occupants, distant, max);
  const chosen: Candidate[] = [];
  for (;;) {
    const heads = queues.flatMap((queue) => {
      const index = queue.findIndex((one) => slots.admits(one));
      return index < 0 ? [] : [{ queue, index, one: queue[index] as Candidate }];
    });
    const [first] = heads.sort(
      (a, b) => slots.ofRun(a.one.run_id) - slots.ofRun(b.one.run_id) || compare(a.one, b.one),
    );
    if (first === undefined) break;
    first.queue.splice(first.index, 1);
    slots.add(first.one);
    chosen.push(first.one);
  }
  if (chosen.length > 0) return chosen;
  if (!isStuck(occupants)) return [];
  const parents = new Set(occupants.map((one) => one.actionId));
  return candidates
    .filter((one) => slots.withinBound(one))
    .filter(
      ({ parent_id, serial_key }) =>
        (parent_id !== null && parents.has(parent_id)) || (serial_key !== null && awaited.has(serial_key)),
    )
    .sort(deepestThenOldest)
    .slice(0, 1);
}

/** Whether every slot that is taken belongs to an action that waits for children. */
export function isStuck(occupants: readonly Occupant[]): boolean {
  return occupants.length > 0 && occupants.every((one) => one.blocked);
}

class Slots {
  readonly #max: number;
  readonly #atDepth: number[] = [];
  readonly #ofRun = new Map<number, number>();
  readonly #busy = new Map<number, { all: number; working: number }>();
  #total = 0;

  constructor(occupants: readonly Occupant[], distant: readonly DistantOccupant[], max: number) {
    this.#max = max;
    for (const { runId, blocked } of distant) this.#count(runId, blocked);
    for (const { runId, depth, blocked } of occupants) this.#take(runId, depth, blocked);
  }

  ofRun(runId: number): number {
    return this.#ofRun.get(runId) ?? 0;
  }

  withinBound({ run_id, run_concurrency }: Candidate): boolean {
    const { all = 0, working = 0 } = this.#busy.get(run_id) ?? {};
    return run_concurrency === 0 || all < run_concurrency || working === 0;
  }

  admits(candidate: Candidate): boolean {
    const { depth } = candidate;
    if (this.#total >= this.#max || !this.withinBound(candidate)) return false;
    let downTo = 0;
    for (let d = 0; d <= Math.max(depth, this.#atDepth.length - 1); d++) {
      downTo += this.#atDepth[d] ?? 0;
      if (d >= depth && downTo >= slotsDownTo(d, this.#max)) return false;
    }
    return true;
  }

  add({ run_id, depth }: Candidate): void {
    this.#take(run_id, depth, false);
  }

  #take(runId: number, depth: number, blocked: boolean): void {
    this.#total++;
    while (this.#atDepth.length <= depth) this.#atDepth.push(0);
    this.#atDepth[depth] = (this.#atDepth[depth] ?? 0) + 1;
    this.#ofRun.set(runId, this.ofRun(runId) + 1);
    this.#count(runId, blocked);
  }

  #count(runId: number, blocked: boolean): void {
    const { all = 0, working = 0 } = this.#busy.get(runId) ?? {};
    this.#busy.set(runId, { all: all + 1, working: working + Number(!blocked) });
  }
}

function deepestThenOldest(a: Candidate, b: Candidate): number {
  return b.depth - a.depth || compare(a, b);
}

function compare(a: Candidate, b: Candidate): number {
  if (a.queued_at !== b.queued_at) return a.queued_at < b.queued_at ? -1 : 1;
  return a.action_id - b.action_id;
}

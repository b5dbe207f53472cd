import type { TaskGroup } from '../gen/flyteidl2/workflow/run_definition_pb.js';

/** All groups of a scope, and those of them that a request wants to see: the first ones in its order. */
export class GroupRanking {
  readonly #groups = new Map<string, TaskGroup>();
  readonly #limit: number;
  readonly #sign: number;

  constructor(limit: number, oldestFirst: boolean) {
    this.#limit = limit;
    this.#sign = oldestFirst ? 1 : -1;
  }

  /** Takes in the groups of some tasks (all, if undefined); tasks among them without a group have none any more. */
  replace(tasks: readonly string[] | undefined, groups: readonly TaskGroup[]): void {
    for (const task of tasks ?? [...this.#groups.keys()]) this.#groups.delete(task);
    for (const group of groups) this.#groups.set(group.taskName, group);
  }

  /** The first groups by the time of their latest run; by name where that is the same. */
  shown(): TaskGroup[] {
    const sorted = [...this.#groups.values()].sort(
      (a, b) => this.#sign * byLatest(a, b) || (a.taskName < b.taskName ? -1 : 1),
    );
    return sorted.slice(0, this.#limit);
  }
}

function byLatest({ latestRunTime: a }: TaskGroup, { latestRunTime: b }: TaskGroup): number {
  const seconds = Number((a?.seconds ?? 0n) - (b?.seconds ?? 0n));
  return seconds || (a?.nanos ?? 0) - (b?.nanos ?? 0);
}

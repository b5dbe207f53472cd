import type { TaskGroup } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { WatchGroupsResponse } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { FrameStore, type Schedule } from '../api/frame-store.ts';

/** The groups that WatchGroups tells of. A snapshot that comes after a break replaces what was there only once it is complete. */
export class GroupsStore {
  readonly frame: FrameStore;
  #groups = new Map<string, TaskGroup>();
  #snapshot: Map<string, TaskGroup> | undefined = new Map();
  #ready = false;

  constructor(schedule?: Schedule) {
    this.frame = new FrameStore(schedule);
  }

  /** Whether a snapshot was complete. */
  get ready(): boolean {
    return this.#ready;
  }

  /** What the stream sent; `first` if a snapshot begins with it. */
  stream({ taskGroups, sentinel }: WatchGroupsResponse, first: boolean): void {
    if (first) this.#snapshot = new Map();
    const into = this.#snapshot ?? this.#groups;
    for (const group of taskGroups) {
      if (group.shouldDelete) into.delete(keyOf(group));
      else into.set(keyOf(group), group);
    }
    if (sentinel && this.#snapshot !== undefined) {
      this.#groups = this.#snapshot;
      this.#snapshot = undefined;
      this.#ready = true;
    }
    if (this.#snapshot === undefined) this.frame.touch();
  }

  /** All groups, in no order. */
  groups(): TaskGroup[] {
    return [...this.#groups.values()];
  }
}

/** What tells groups apart. */
export function keyOf({ taskName, environmentName }: TaskGroup): string {
  return `${environmentName}\n${taskName}`;
}

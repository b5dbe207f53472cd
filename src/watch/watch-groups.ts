import type { TaskGroup } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { GroupsView } from './groups-view.ts';
import type { MessageLimits } from './limits.ts';

/** One message of a stream of groups. */
export interface GroupsMessage {
  readonly groups: readonly TaskGroup[];
  /** Every group that there was has been sent. */
  readonly sentinel: boolean;
}

/** A group with its recent statuses and people is some kilobytes. */
const GROUPS_PER_MESSAGE = 100;

/** Groups that do not change any more: all of them, then the sentinel. */
export function* allGroups(groups: readonly TaskGroup[]): Generator<GroupsMessage> {
  for (let from = 0; from < groups.length; from += GROUPS_PER_MESSAGE) {
    yield { groups: groups.slice(from, from + GROUPS_PER_MESSAGE), sentinel: false };
  }
  yield { groups: [], sentinel: true };
}

/**
 * The messages of one watcher of groups: all groups, the sentinel, then the groups that changed, as they are when they are sent. Ends only
 * by the signal, whose reason it throws.
 */
export async function* watchGroups(
  view: GroupsView,
  limits: MessageLimits,
  signal: AbortSignal,
): AsyncGenerator<GroupsMessage> {
  const waiter = view.waiters.add(signal);
  try {
    while (!view.loaded) await waiter.wait();
    let seen = view.head;
    yield* allGroups(view.snapshot());
    const most = Math.min(GROUPS_PER_MESSAGE, limits.update);
    for (;;) {
      signal.throwIfAborted();
      const groups = view.since(seen);
      seen = view.head;
      for (let from = 0; from < groups.length; from += most) {
        yield { groups: groups.slice(from, from + most), sentinel: false };
      }
      if (groups.length === 0) await waiter.wait();
    }
  } finally {
    view.waiters.remove(waiter);
  }
}

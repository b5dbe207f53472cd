import type { EnrichedAction } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { TreeNode } from './action-tree.ts';
import { endOfMessage, type MessageLimits } from './limits.ts';
import type { RunTreeView } from './run-tree-view.ts';
import type { TreeFilter } from './tree-filter.ts';

/** What a message adds to an action's metadata, about. */
const ACTION_BYTES = 200;

/**
 * The messages of one watcher of a tree: everything, then what changed, each parent before its children. What is sent is the state at the
 * time of sending, so a reader that falls behind gets fewer, newer messages. Ends only by the signal, whose reason it throws.
 */
export async function* watchTree(
  view: RunTreeView,
  filter: TreeFilter | undefined,
  limits: MessageLimits,
  signal: AbortSignal,
): AsyncGenerator<EnrichedAction[]> {
  const waiter = view.waiters.add(signal);
  const lens = view.look(filter);
  try {
    let seen = 0;
    let nodes: readonly TreeNode[] = [];
    let at = 0;
    let first = true;
    /** Whether what is being sent completes the snapshot, and whether it was completed before. */
    let completes = false;
    let complete = false;
    for (;;) {
      signal.throwIfAborted();
      view.check();
      if (at === nodes.length && lens.head > seen) {
        complete = completes;
        completes = view.loaded;
        nodes = lens.collect(seen);
        seen = lens.head;
        at = 0;
      }
      if (at < nodes.length || (first && view.loaded)) {
        const count = complete ? limits.update : limits.snapshot;
        const end = endOfMessage(nodes, at, { count, bytes: limits.bytes }, bytesOf);
        const message = nodes.slice(at, end).map((node) => lens.message(node));
        at = end;
        first = false;
        yield message;
        continue;
      }
      completes = view.loaded;
      nodes = [];
      at = 0;
      await waiter.wait();
    }
  } finally {
    view.leave(filter);
    view.waiters.remove(waiter);
  }
}

function bytesOf({ row }: TreeNode): number {
  return row.metadata.length + ACTION_BYTES;
}

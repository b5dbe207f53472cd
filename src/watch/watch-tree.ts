import type { TreeNode } from './action-tree.ts';
import type { MessageLimits } from './limits.ts';
import type { RunTreeView } from './run-tree-view.ts';
import type { TreeMessage } from './shared-lens.ts';
import type { TreeFilter } from './tree-filter.ts';

/**
 * The messages of one watcher of a tree: everything, then what changed, each parent before its children. What is sent is the state at the
 * time of sending, so a reader that falls behind gets fewer, newer messages. Ends only by the signal, whose reason it throws.
 */
export async function* watchTree(
  view: RunTreeView,
  filter: TreeFilter | undefined,
  limits: MessageLimits,
  signal: AbortSignal,
): AsyncGenerator<TreeMessage> {
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
        const message = lens.message(nodes, at, { count, bytes: limits.bytes });
        at += message.nodes.length;
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

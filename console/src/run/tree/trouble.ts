import { isTrouble, type TreeItem } from './item.ts';

/** Whether the action failed by itself: what failed only because of a child is no cause. */
function isCause({ kind, phase, children }: TreeItem): boolean {
  return kind === 'action' && isTrouble(phase) && !children.some((child) => isTrouble(child.phase));
}

/** The next action behind `after` that failed by itself; the first one if there is none. */
export function nextFailed(items: Iterable<TreeItem>, after: TreeItem | undefined): TreeItem | undefined {
  let first: TreeItem | undefined;
  let passed = after === undefined;
  for (const item of items) {
    const cause = isCause(item);
    if (cause && passed && item !== after) return item;
    if (cause) first ??= item;
    if (item === after) passed = true;
  }
  return first;
}

/**
 * Why the run failed: of the actions that failed by themselves the one that ended last, because an error that a parent caught and went
 * on from lies behind. Undefined if only the root failed.
 */
export function culprit(items: Iterable<TreeItem>): TreeItem | undefined {
  let found: TreeItem | undefined;
  for (const item of items) {
    if (item.parent === undefined || !isCause(item)) continue;
    if (found === undefined || item.end > found.end) found = item;
  }
  return found;
}

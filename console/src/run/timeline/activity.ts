import type { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { isTerminal } from '../../shared/phase.ts';
import { isTrouble, type TreeItem } from '../tree/item.ts';
import { partOf } from './segments.ts';
import type { Span } from './time-window.ts';

/** How much went on in each of equal parts of a run's time. */
export interface Activity {
  /** Actions that were there, per part, the most of them in `peak`. */
  readonly active: Int32Array;
  /** Of those, actions that are only queued now. */
  readonly queued: Int32Array;
  /** Actions that failed in that part. */
  readonly failed: Int32Array;
  readonly peak: number;
}

/**
 * What the small picture of the whole run shows. It takes one look at each action, whatever its length: a beginning adds one from there
 * on, an end takes it away. Groups and the root, which is there all the time, do not count.
 */
export function activity(items: Iterable<TreeItem>, { from, to }: Span, parts: number): Activity {
  const changes = new Int32Array(parts + 1);
  const queuedChanges = new Int32Array(parts + 1);
  const failed = new Int32Array(parts);
  const scale = parts / Math.max(1, to - from);
  const partAt = (time: number) => Math.max(0, Math.min(parts - 1, Math.floor((time - from) * scale)));
  for (const item of items) {
    if (item.kind === 'group' || item.parent === undefined || Number.isNaN(item.start)) continue;
    const first = partAt(item.start);
    const last = partAt(endOf(item, to));
    add(changes, first, last);
    if (isQueued(item.phase)) add(queuedChanges, first, last);
    if (isTrouble(item.phase)) failed[last] = (failed[last] ?? 0) + 1;
  }
  const active = summed(changes, parts);
  return {
    active,
    queued: summed(queuedChanges, parts),
    failed,
    peak: active.reduce((a, b) => Math.max(a, b), 0),
  };
}

function endOf(item: TreeItem, now: number): number {
  if (!Number.isNaN(item.end)) return item.end;
  return isTerminal(item.phase) ? item.start : now;
}

function isQueued(phase: ActionPhase): boolean {
  const part = partOf(phase);
  return part === 'queued' || part === 'waiting';
}

function add(changes: Int32Array, first: number, last: number): void {
  changes[first] = (changes[first] ?? 0) + 1;
  changes[last + 1] = (changes[last + 1] ?? 0) - 1;
}

function summed(changes: Int32Array, parts: number): Int32Array {
  const sums = new Int32Array(parts);
  let sum = 0;
  for (let i = 0; i < parts; i++) {
    sum += changes[i] ?? 0;
    sums[i] = sum;
  }
  return sums;
}

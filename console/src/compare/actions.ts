import type { Action } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { labelOf } from '../run/tree/item.ts';
import { millis } from '../shared/instant.ts';

/** An action of a run by its place in the tree: what was called, by what, for the how many-th time. */
export interface PlacedAction {
  readonly action: Action;
  readonly depth: number;
  readonly label: string;
  /** Milliseconds; undefined while it goes on. */
  readonly ms: number | undefined;
}

/** Two actions at the same place of two runs; one of them may be missing. */
export interface ActionPair {
  readonly place: string;
  readonly label: string;
  readonly depth: number;
  readonly a: PlacedAction | undefined;
  readonly b: PlacedAction | undefined;
}

/**
 * Actions by their places, parents before their children. Names of actions differ from run to run, or need not; tasks and their order
 * among their siblings are what two runs have in common.
 */
export function placesOf(actions: readonly Action[]): Map<string, PlacedAction> {
  const children = new Map<string, Action[]>();
  for (const action of actions) {
    const parent = action.metadata?.parent ?? '';
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [action]);
    else siblings.push(action);
  }
  const known = new Set(actions.map(({ id }) => id?.name));
  const roots = actions.filter(({ metadata }) => !known.has(metadata?.parent ?? ''));
  const places = new Map<string, PlacedAction>();
  // Iterative: trees can be deep.
  const waiting = byStart(roots).map((action) => ({ action, path: '', depth: 0 }));
  const counts = new Map<string, number>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { action, path, depth } = next;
    const label = labelOf(action.metadata) || action.id?.name || '';
    // The root has the same place in every run, whatever its task: two tasks can be compared, too.
    const key = depth === 0 ? '' : `${path}/${label}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const place = `${key}#${count}`;
    if (places.has(place)) continue;
    places.set(place, { action, depth, label, ms: lengthOf(action) });
    const below = byStart(children.get(action.id?.name ?? '') ?? []);
    waiting.unshift(...below.map((child) => ({ action: child, path: place, depth: depth + 1 })));
  }
  return places;
}

/** Actions of both runs, place by place, in the order of the first run; what only the second has stands behind its parent's others. */
export function pairsOf(
  a: ReadonlyMap<string, PlacedAction>,
  b: ReadonlyMap<string, PlacedAction>,
): ActionPair[] {
  const order = [...a.keys()];
  const seen = new Set(order);
  let at = 0;
  for (const place of b.keys()) {
    if (seen.has(place)) at = order.indexOf(place, 0) + 1;
    else order.splice(at++, 0, place);
  }
  return order.map((place) => {
    const [one, other] = [a.get(place), b.get(place)];
    const some = one ?? other;
    return { place, label: some?.label ?? '', depth: some?.depth ?? 0, a: one, b: other };
  });
}

function byStart(actions: readonly Action[]): Action[] {
  return [...actions].sort((x, y) => startOf(x) - startOf(y));
}

function startOf({ status }: Action): number {
  return millis(status?.startTime) ?? Number.POSITIVE_INFINITY;
}

function lengthOf({ status }: Action): number | undefined {
  const [start, end] = [millis(status?.startTime), millis(status?.endTime)];
  return start === undefined || end === undefined ? undefined : end - start;
}

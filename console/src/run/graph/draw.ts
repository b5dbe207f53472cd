import type { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { isTrouble, leadingPhase, PHASES, type TreeItem } from '../tree/item.ts';
import { type Sibling, thenEdges } from './order.ts';

/** More boxes than this and siblings that run the same task become one. */
export const MOST_NODES = 300;
/** More siblings than this that run the same task, with nothing below them, are one stack, until somebody opens it. */
export const MOST_ALIKE = 7;

/** A box: one line of the tree, or several of them that run the same task for the same parent. */
export interface GraphNode {
  readonly id: string;
  readonly label: string;
  readonly kind: 'action' | 'group' | 'merged';
  readonly phase: ActionPhase;
  /** How many actions it stands for. */
  readonly size: number;
  /** Of the actions that it stands for, or that are folded below it. */
  readonly counts: Int32Array | undefined;
  /** The line of the tree; undefined for several. */
  readonly item: TreeItem | undefined;
  /** The ids of the lines in a stack that can be opened. */
  readonly members: ReadonlySet<string> | undefined;
}

/** `starts`: a parent and its child. `then`: one sibling ended before the other began. `data`: what one put out is the other's input. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'starts' | 'then' | 'data';
}

/** What to draw. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Why there are fewer boxes than actions; undefined if every visible line has its own. */
  readonly note: string | undefined;
}

interface Built {
  id: string;
  label: string;
  kind: GraphNode['kind'];
  phase: ActionPhase;
  size: number;
  counts: Int32Array | undefined;
  item: TreeItem | undefined;
  members: Set<string> | undefined;
  parent: string | undefined;
  start: number;
  end: number;
}

/**
 * The picture of what is visible in the tree, so folding and filtering do to it what they do there. `data` are pairs of actions, by name,
 * of which the second took what the first put out. Stacks whose id is in `opened` are drawn as single boxes.
 */
export function drawing(
  rows: readonly TreeItem[],
  data: readonly (readonly [string, string])[] = [],
  opened: ReadonlySet<string> = new Set(),
): Graph {
  if (rows.length <= MOST_NODES) {
    const built = stacked(rows, opened);
    return { ...connected(built, amongBoxes(data, built)), note: undefined };
  }
  const merged = merge(rows);
  const kept = merged.slice(0, MOST_NODES);
  const actions = rows.length.toLocaleString('en');
  const note =
    merged.length <= MOST_NODES
      ? `${actions} lines are drawn as ${kept.length} boxes: siblings that run the same task share one. Filter by name or phase, or fold, to see single actions.`
      : `${actions} lines are too many for a picture: these are the first ${MOST_NODES} boxes. Filter by name or phase, or fold, to see others.`;
  return { ...connected(kept, []), note };
}

function single(item: TreeItem): Built {
  const { id, label, kind, phase, counts, total, start, end } = item;
  const parent = item.parent?.id;
  return {
    id,
    label,
    kind,
    phase,
    size: kind === 'group' ? total : 1,
    counts,
    item,
    members: undefined,
    parent,
    start,
    end,
  };
}

/** What a line is stacked with; undefined for one that is looked at by itself: because of what is below it, or because it failed. */
function stackOf({ kind, children, phase, parent, label }: TreeItem): string | undefined {
  if (kind !== 'action' || children.length > 0 || parent === undefined || isTrouble(phase)) return undefined;
  return `${parent.id}»${label}`;
}

/** One box for each line, but for long loops and wide fans of one task: those would make all of the picture too small to read. */
function stacked(rows: readonly TreeItem[], opened: ReadonlySet<string>): Built[] {
  const sizes = new Map<string, number>();
  for (const item of rows) {
    const id = stackOf(item);
    if (id !== undefined && !opened.has(id)) sizes.set(id, (sizes.get(id) ?? 0) + 1);
  }
  const stacks = new Map<string, Built>();
  const built: Built[] = [];
  for (const item of rows) {
    const id = stackOf(item) ?? '';
    const stack = stacks.get(id);
    if (stack !== undefined) {
      join(stack, item);
      stack.members?.add(item.id);
      continue;
    }
    const alone = (sizes.get(id) ?? 0) <= MOST_ALIKE;
    const box = alone ? single(item) : { ...single(item), id, members: new Set([item.id]) };
    if (!alone) stacks.set(id, box);
    built.push(box);
  }
  return built;
}

/** The pairs of boxes that the pairs of actions are in, each once, and none within a stack. */
function amongBoxes(
  data: readonly (readonly [string, string])[],
  built: readonly Built[],
): (readonly [string, string])[] {
  const boxOf = new Map(
    built.flatMap(({ id, members }) => [...(members ?? [])].map((member) => [member, id])),
  );
  const pairs = new Map<string, readonly [string, string]>();
  for (const [a, b] of data) {
    const [from, to] = [boxOf.get(a) ?? a, boxOf.get(b) ?? b];
    if (from !== to) pairs.set(`${from} ${to}`, [from, to]);
  }
  return [...pairs.values()];
}

/** Puts siblings of the same label into one box, and theirs again, from the root down. */
function merge(rows: readonly TreeItem[]): Built[] {
  const boxes = new Map<string, Built>();
  const boxOf = new Map<TreeItem, Built>();
  for (const item of rows) {
    const above = item.parent && boxOf.get(item.parent);
    const id = `${above?.id ?? ''}»${item.kind}:${item.label}`;
    const known = boxes.get(id);
    if (known === undefined) {
      const box: Built = { ...single(item), id, parent: above?.id };
      boxes.set(id, box);
      boxOf.set(item, box);
    } else {
      boxOf.set(item, known);
      join(known, item);
    }
  }
  return [...boxes.values()];
}

function join(box: Built, item: TreeItem): void {
  if (box.kind !== 'merged') {
    box.counts = countsOf(box.item);
    box.kind = 'merged';
    box.item = undefined;
  }
  const counts = countsOf(item);
  counts.forEach((count, phase) => {
    if (box.counts !== undefined) box.counts[phase] = (box.counts[phase] ?? 0) + count;
  });
  box.size += item.kind === 'group' ? item.total : 1;
  box.phase = leadingPhase(box.counts);
  box.start = Number.isNaN(item.start) ? box.start : Math.min(box.start, item.start);
  box.end = Math.max(box.end, item.end);
}

/** What a line stands for itself: an action for itself, a group for its members. */
function countsOf(item: TreeItem | undefined): Int32Array {
  const counts = new Int32Array(PHASES);
  if (item?.kind === 'group') counts.set(item.counts ?? []);
  else if (item !== undefined) counts[item.phase] = 1;
  return counts;
}

function connected(
  built: readonly Built[],
  data: readonly (readonly [string, string])[],
): Omit<Graph, 'note'> {
  const known = new Set(built.map(({ id }) => id));
  const edges: GraphEdge[] = [];
  const fed = new Set<string>();
  for (const [from, to] of data) {
    if (!known.has(from) || !known.has(to)) continue;
    edges.push({ from, to, kind: 'data' });
    fed.add(to);
  }
  const families = new Map<string, Sibling[]>();
  for (const node of built) {
    if (node.parent === undefined || !known.has(node.parent)) continue;
    const family = families.get(node.parent);
    if (family === undefined) families.set(node.parent, [node]);
    else family.push(node);
  }
  for (const [parent, children] of families) {
    // Where data say what an action waited for, the order of time would only repeat or blur it.
    const then = thenEdges(children).filter(([, to]) => !fed.has(to));
    const preceded = new Set([...fed, ...then.map(([, to]) => to)]);
    for (const { id } of children)
      if (!preceded.has(id)) edges.push({ from: parent, to: id, kind: 'starts' });
    for (const [from, to] of then) edges.push({ from, to, kind: 'then' });
  }
  const nodes = built.map(({ id, label, kind, phase, size, counts, item, members }) => ({
    id,
    label,
    kind,
    phase,
    size,
    counts,
    item,
    members,
  }));
  return { nodes, edges };
}

import type { RunIdentifier } from '../gen/flyteidl2/common/identifier_pb.js';
import type { TreeRow } from '../repository/read/watch-actions.ts';
import type { ChangedAction } from '../repository/write/flush.ts';
import { PHASES, type Phase, phaseNumber, phaseRank } from '../runs/phase.ts';
import { type ActionState, enrichedBytes, fixedBytes, runBytes } from './action-bytes.ts';
import { ChangeOrder } from './change-order.ts';
import { ancestorsFirst, rollUp } from './roll-up.ts';

const COUNTS = Math.max(...PHASES.map(phaseNumber)) + 1;

/** What is remembered of an action's row. */
export interface NodeRow extends Omit<ActionState, 'phase'> {
  readonly name: string;
  readonly phase: string;
  readonly parent_action_name: string | null;
  readonly function_name: string;
}

/** An action in the tree. Readers must not change it. */
export interface TreeNode {
  row: NodeRow;
  /** Number of its phase in `ActionPhase`. */
  phase: number;
  parent: TreeNode | undefined;
  /** Its place in the order in which actions joined the tree: a parent always stands before its children. -1 while it waits for its parent. */
  seq: number;
  /** How many descendants it has by number of phase; undefined if none. */
  counts: Int32Array | undefined;
  /** The encoded part of its message that never changes. */
  readonly fixed: Buffer;
  /** Its encoded message, made when somebody asks for it and dropped when it is outdated. */
  bytes: Buffer | undefined;
}

/** What one look at a run's actions shows of them: all of them, or those that meet a filter. */
export interface TreeLens {
  /** The stamp of its newest change; 0 while there is nothing to see. */
  readonly head: number;
  /** What there is to send to somebody who has seen everything up to a stamp (0: nothing), each parent before its children. */
  collect(seen: number): readonly TreeNode[];
  /** The `EnrichedAction` of one of those as it is now, encoded as in a `WatchActionsResponse`: its tag and length stand before it. */
  bytes(node: TreeNode): Buffer;
}

/**
 * The actions of one run as a tree, in memory. An action whose parent is not known yet is held back, with everything below it, until the
 * parent comes. Rows may come in any order and any number of times; a row must never be older than one that came before.
 */
export class ActionTree implements TreeLens {
  #run = runBytes(undefined);
  readonly #nodes = new Map<string, TreeNode>();
  readonly #waiting = new Map<string, TreeNode[]>();
  readonly #order: TreeNode[] = [];
  readonly #changes = new ChangeOrder<TreeNode, TreeNode>();

  /** Sets the identity of the run; to be done before rows come. */
  set run(run: RunIdentifier) {
    this.#run = runBytes(run);
  }

  get head(): number {
    return this.#changes.head;
  }

  /** How many actions are in the tree, those that wait for their parent not counted. */
  get size(): number {
    return this.#order.length;
  }

  /** Takes rows in. Returns what changed for readers, ancestors included, each parent before its children. */
  apply(rows: Iterable<TreeRow | ChangedAction>): readonly TreeNode[] {
    /** Nodes to tell about, with the phase that their ancestors count them under (0: none yet). */
    const touched = new Map<TreeNode, number>();
    for (const row of rows) {
      const node = this.#nodes.get(row.name);
      if (node === undefined) {
        if (isWhole(row)) this.#add(row, touched);
      } else if (differs(node.row, row)) {
        if (node.seq >= 0 && !touched.has(node)) touched.set(node, node.phase);
        node.row = { ...node.row, ...stateOf(row) };
        node.phase = phaseNumber(row.phase as Phase);
      }
    }
    if (touched.size === 0) return [];
    this.#count(touched);
    const changed = ancestorsFirst(touched.keys());
    for (const node of changed) {
      node.bytes = undefined;
      this.#changes.set(node, node);
    }
    return changed;
  }

  /**
   * What to do with a row that a writer hands over, of which nobody knows when it was read: take it if it is further on than what is known, by
   * the order in which every action moves; drop it if it is the same; otherwise it may be older, and the action must be read.
   */
  judge(row: ChangedAction): 'take' | 'drop' | 'read' {
    const node = this.#nodes.get(row.name);
    if (node === undefined) return isWhole(row) ? 'take' : 'read';
    if (isBefore(node.row, row)) return 'take';
    return differs(node.row, row) ? 'read' : 'drop';
  }

  collect(seen: number): readonly TreeNode[] {
    if (seen === 0) return this.#order.slice();
    return this.#changes.since(seen).sort((a, b) => a.seq - b.seq);
  }

  bytes(node: TreeNode): Buffer {
    node.bytes ??= nodeBytes(node, true);
    return node.bytes;
  }

  /** All actions of the tree, each parent before its children. */
  all(): readonly TreeNode[] {
    return this.#order;
  }

  #add(row: TreeRow, touched: Map<TreeNode, number>): void {
    const phase = phaseNumber(row.phase as Phase);
    const node: TreeNode = {
      row: remembered(row),
      phase,
      parent: undefined,
      seq: -1,
      counts: undefined,
      fixed: fixedBytes(this.#run, row.name, row.metadata),
      bytes: undefined,
    };
    this.#nodes.set(row.name, node);
    const parentName = row.parent_action_name ?? '';
    const parent = this.#nodes.get(parentName);
    if (parentName === '' || (parent !== undefined && parent.seq >= 0)) {
      this.#attach(node, parent, touched);
      return;
    }
    const siblings = this.#waiting.get(parentName);
    if (siblings === undefined) this.#waiting.set(parentName, [node]);
    else siblings.push(node);
  }

  /** Puts a node into the tree, and everything that waited for it. */
  #attach(node: TreeNode, parent: TreeNode | undefined, touched: Map<TreeNode, number>): void {
    const ready: [TreeNode, TreeNode | undefined][] = [[node, parent]];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const [child, above] = next;
      child.parent = above;
      child.seq = this.#order.length;
      this.#order.push(child);
      touched.set(child, 0);
      const waiting = this.#waiting.get(child.row.name);
      if (waiting === undefined) continue;
      this.#waiting.delete(child.row.name);
      for (const orphan of waiting) ready.push([orphan, child]);
    }
  }

  /** Carries changed phases into the counts of all ancestors, in one pass over them however many changed below. */
  #count(touched: ReadonlyMap<TreeNode, number>): void {
    const moved = new Map<TreeNode, Int32Array>();
    for (const [node, before] of touched) {
      if (node.phase === before) continue;
      const step = new Int32Array(COUNTS);
      if (before !== 0) step[before] = -1;
      step[node.phase] = 1;
      moved.set(node, step);
    }
    rollUp(moved, add, (node, step) => {
      node.counts ??= new Int32Array(COUNTS);
      add(node.counts, step);
    });
  }
}

/** The encoded message of an action in its tree. */
export function nodeBytes({ fixed, row, phase, counts }: TreeNode, meetsFilter: boolean): Buffer {
  return enrichedBytes(fixed, { ...row, phase }, meetsFilter, counts);
}

/** Without what never changes, which is encoded already, so that the driver's buffers need not live as long as the tree. */
function remembered(row: TreeRow): NodeRow {
  return {
    name: row.name,
    parent_action_name: row.parent_action_name,
    function_name: row.function_name,
    ...stateOf(row),
  };
}

/** What can change in an action. */
function stateOf(row: ChangedAction) {
  const { phase, attempts, start_time, end_time, duration_ms, cache_status } = row;
  return { phase, attempts, start_time, end_time, duration_ms, cache_status };
}

/** Whether a row says all that there is to know of an action that was not known. */
function isWhole(row: TreeRow | ChangedAction): row is TreeRow {
  return (
    row.metadata !== undefined && row.parent_action_name !== undefined && row.function_name !== undefined
  );
}

function add(sum: Int32Array, step: Int32Array): Int32Array {
  for (let i = 0; i < COUNTS; i++) sum[i] = (sum[i] ?? 0) + (step[i] ?? 0);
  return sum;
}

/** Whether an action was in the first state before it was in the second: it moves by attempt, then by rank of the phase, and never back. */
export function isBefore(
  a: Pick<NodeRow, 'attempts' | 'phase'>,
  b: Pick<NodeRow, 'attempts' | 'phase'>,
): boolean {
  if (a.attempts !== b.attempts) return a.attempts < b.attempts;
  return phaseRank(a.phase as Phase) < phaseRank(b.phase as Phase);
}

/** Whether a reader would see the difference; everything else of an action never changes. */
function differs(a: NodeRow, b: ChangedAction): boolean {
  return (
    a.phase !== b.phase ||
    a.attempts !== b.attempts ||
    a.start_time !== b.start_time ||
    a.end_time !== b.end_time ||
    a.duration_ms !== b.duration_ms ||
    a.cache_status !== b.cache_status
  );
}

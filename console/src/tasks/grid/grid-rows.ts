import type { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import type { Action } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { labelOf, leadingPhase, PHASES } from '../../run/tree/item.ts';

/** The actions of a run, as far as they were read, the first that began first. */
export interface GridRun {
  readonly name: string;
  readonly actions: readonly Action[];
}

/** What became, in one run, of the actions that share a line. */
export interface GridCell {
  readonly phase: ActionPhase;
  /** How many actions by phase. */
  readonly counts: Int32Array;
  readonly total: number;
  /** The first of those in the phase that matters most: what a click opens. */
  readonly action: string;
}

/** Actions of the same name, started by the same one, in all runs. */
export interface GridRow {
  readonly key: string;
  readonly label: string;
  readonly depth: number;
  /** By name of the run. */
  readonly cells: ReadonlyMap<string, GridCell>;
}

interface Node {
  readonly key: string;
  readonly label: string;
  readonly depth: number;
  readonly cells: Map<string, Building>;
  readonly children: Map<string, Node>;
}

interface Building {
  readonly counts: Int32Array;
  total: number;
  /** The first action in each phase. */
  readonly first: Map<ActionPhase, string>;
}

/**
 * The lines of a grid: what started something stands above what it started, in the order in which the newest run that has it went
 * about it; what no newer run has comes behind. `runs` are the newest first.
 */
export function gridRows(runs: readonly GridRun[]): GridRow[] {
  const top = newNode('', '', -1);
  for (const { name, actions } of runs) {
    const byName = new Map(actions.map((action) => [action.id?.name ?? '', action] as const));
    const nodes = new Map<string, Node>();
    const nodeOf = (id: string): Node => {
      const known = nodes.get(id);
      const action = byName.get(id);
      if (known !== undefined || action === undefined) return known ?? top;
      // Whoever says to have been started by itself stands at the top.
      nodes.set(id, top);
      const node = childOf(nodeOf(action.metadata?.parent ?? ''), labelOf(action.metadata) || id);
      nodes.set(id, node);
      return node;
    };
    for (const action of actions) count(nodeOf(action.id?.name ?? ''), name, action);
  }
  return flatten(top);
}

function newNode(key: string, label: string, depth: number): Node {
  return { key, label, depth, cells: new Map(), children: new Map() };
}

function childOf(parent: Node, label: string): Node {
  let child = parent.children.get(label);
  if (child === undefined) {
    child = newNode(`${parent.key}/${label}`, label, parent.depth + 1);
    parent.children.set(label, child);
  }
  return child;
}

function count({ cells }: Node, run: string, { id, status }: Action): void {
  let cell = cells.get(run);
  if (cell === undefined) {
    cell = { counts: new Int32Array(PHASES), total: 0, first: new Map() };
    cells.set(run, cell);
  }
  const phase = status?.phase ?? 0;
  cell.counts[phase] = (cell.counts[phase] ?? 0) + 1;
  cell.total++;
  if (!cell.first.has(phase)) cell.first.set(phase, id?.name ?? '');
}

function flatten(node: Node): GridRow[] {
  const below = [...node.children.values()].flatMap(flatten);
  if (node.depth < 0) return below;
  const { key, label, depth } = node;
  const cells = new Map([...node.cells].map(([run, cell]) => [run, finished(cell)] as const));
  return [{ key, label, depth, cells }, ...below];
}

function finished({ counts, total, first }: Building): GridCell {
  const phase = leadingPhase(counts);
  return { phase, counts, total, action: first.get(phase) ?? [...first.values()][0] ?? '' };
}

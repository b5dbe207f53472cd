import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterSchema, Filter_Function } from '../gen/flyteidl2/common/list_pb.js';
import type { EnrichedAction } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { WatchActionsResponseSchema } from '../gen/flyteidl2/workflow/run_service_pb.js';
import { create, fromBinary } from '@bufbuild/protobuf';
import type { TreeRow } from '../repository/read/watch-actions.ts';
import { PHASES, type Phase, phaseNumber } from '../runs/phase.ts';
import { ActionTree, type TreeLens, type TreeNode } from './action-tree.ts';
import { FilteredTree } from './filtered-tree.ts';
import { parseTreeFilter } from './tree-filter.ts';

const NAMES = ['sum', 'Sum of all', 'fetch', ''];

function row(index: number, parent: string | null, phase: Phase): TreeRow {
  return {
    id: index + 1,
    name: `a${index}`,
    phase,
    attempts: 1,
    start_time: '2026-01-01T00:00:00.000000Z',
    end_time: null,
    duration_ms: null,
    cache_status: 0,
    metadata: new Uint8Array(),
    parent_action_name: parent,
    function_name: NAMES[index % NAMES.length] ?? '',
    created_at: '2026-01-01T00:00:00.000000Z',
  };
}

function messageOf(lens: TreeLens, node: TreeNode): EnrichedAction {
  const [message, ...more] = fromBinary(WatchActionsResponseSchema, lens.bytes(node)).enrichedActions;
  if (message === undefined || more.length > 0) throw new Error('not the bytes of one action');
  return message;
}

/** What one who has followed a lens knows; it insists on parents before children. */
class Follower {
  readonly known = new Map<string, EnrichedAction>();
  readonly #parents: ReadonlyMap<string, string | null>;
  #seen = 0;

  constructor(parents: ReadonlyMap<string, string | null>) {
    this.#parents = parents;
  }

  follow(lens: TreeLens): string[] {
    const told: string[] = [];
    for (const node of lens.collect(this.#seen)) {
      const message = messageOf(lens, node);
      const name = message.action?.id?.name ?? '';
      const parent = this.#parents.get(name);
      if (message.meetsFilter && parent) expect([...this.known.keys()]).toContain(parent);
      this.known.set(name, message);
      told.push(name);
    }
    this.#seen = lens.head;
    return told;
  }

  visible(): Record<string, { phase: number; counts: Record<number, number> }> {
    return Object.fromEntries(
      [...this.known]
        .filter(([, { meetsFilter }]) => meetsFilter)
        .map(([name, { action, childrenPhaseCounts }]) => [
          name,
          { phase: action?.status?.phase ?? 0, counts: { ...childrenPhaseCounts } },
        ]),
    );
  }
}

/** The same found by looking at everything again. */
function bruteForce(rows: ReadonlyMap<string, TreeRow>, matches: (row: TreeRow) => boolean) {
  const pathOf = (name: string): string[] | undefined => {
    const path: string[] = [];
    for (let at: string | null = name; at !== null; at = rows.get(at)?.parent_action_name ?? null) {
      if (!rows.has(at) || path.includes(at)) return undefined;
      path.push(at);
    }
    return path;
  };
  const attached = [...rows.values()].flatMap((r) => {
    const path = pathOf(r.name);
    return path ? [{ row: r, ancestors: path.slice(1) }] : [];
  });
  const shown = new Set(
    attached.flatMap(({ row: r, ancestors }) => (matches(r) ? [r.name, ...ancestors] : [])),
  );
  return Object.fromEntries(
    attached
      .filter(({ row: r }) => shown.has(r.name))
      .map(({ row: r }) => {
        const counts: Record<number, number> = {};
        for (const { row: below, ancestors } of attached) {
          if (!ancestors.includes(r.name)) continue;
          const number = phaseNumber(below.phase as Phase);
          counts[number] = (counts[number] ?? 0) + 1;
        }
        return [r.name, { phase: phaseNumber(r.phase as Phase), counts }];
      }),
  );
}

const filters = [
  undefined,
  [create(FilterSchema, { field: 'PHASE', function: Filter_Function.VALUE_IN, values: ['4', 'FAILED'] })],
  [
    create(FilterSchema, {
      field: 'name',
      function: Filter_Function.CONTAINS_CASE_INSENSITIVE,
      values: ['SUM'],
    }),
  ],
  [
    create(FilterSchema, { field: 'NAME', function: Filter_Function.CONTAINS, values: ['sum'] }),
    create(FilterSchema, {
      field: 'phase',
      function: Filter_Function.EQUAL,
      values: ['ACTION_PHASE_RUNNING'],
    }),
  ],
].map((list) => parseTreeFilter(list ?? []));

const phase = fc.constantFrom(...PHASES);
/** Parents by index of the list; sometimes unknown ones, sometimes in a circle. */
const history = fc.integer({ min: 1, max: 25 }).chain((size) =>
  fc.record({
    parents: fc.array(fc.integer({ min: 0, max: size }), { minLength: size, maxLength: size }),
    steps: fc.array(fc.array(fc.tuple(fc.nat(size - 1), phase), { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 12,
    }),
  }),
);

describe('the tree of a run', () => {
  it('tells each follower, whatever the order and the filter, what a look at everything would find', () => {
    fc.assert(
      fc.property(
        history,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        ({ parents, steps }, slow) => {
          const tree = new ActionTree();
          const parentOf = new Map(parents.map((p, i) => [`a${i}`, i === 0 ? null : `a${p}`] as const));
          const lenses = filters.map((filter) => ({
            filter,
            lens: filter ? new FilteredTree(tree, (node) => filter.matches(node)) : tree,
            fast: new Follower(parentOf),
            slow: new Follower(parentOf),
          }));
          const rows = new Map<string, TreeRow>();
          steps.forEach((step, i) => {
            for (const [index, to] of step)
              rows.set(`a${index}`, row(index, parentOf.get(`a${index}`) ?? null, to));
            const changed = tree.apply(
              step.map(([index]) => rows.get(`a${index}`) ?? row(index, null, 'QUEUED')),
            );
            for (const { lens } of lenses) if (lens instanceof FilteredTree) lens.update(changed);
            const last = i === steps.length - 1;
            for (const { filter, lens, fast, slow: late } of lenses) {
              const expected = bruteForce(rows, (r) => filter?.matches({ row: r } as never) ?? true);
              fast.follow(lens);
              expect(fast.visible()).toEqual(expected);
              if (!last && slow[i]) continue;
              late.follow(lens);
              expect(late.visible()).toEqual(expected);
              const fresh = new Follower(parentOf);
              fresh.follow(filter ? new FilteredTree(tree, (node) => filter.matches(node)) : tree);
              expect(fresh.visible()).toEqual(expected);
            }
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('tells what changed and its ancestors, and nothing else', () => {
    const tree = new ActionTree();
    const rows = [
      row(0, null, 'RUNNING'),
      row(1, 'a0', 'RUNNING'),
      row(2, 'a1', 'QUEUED'),
      row(3, 'a0', 'QUEUED'),
    ];
    tree.apply(rows);
    const names = (since: number) => tree.collect(since).map((node) => node.row.name);
    const before = tree.head;
    tree.apply([row(2, 'a1', 'RUNNING')]);
    expect(names(before)).toEqual(['a0', 'a1', 'a2']);
    const { head } = tree;
    tree.apply(rows.slice(0, 2));
    expect(tree.head).toBe(head);
  });

  it('says once that an action no longer meets the filter, and only to those who saw it', () => {
    const tree = new ActionTree();
    const lens = new FilteredTree(tree, (node) => node.phase === phaseNumber('RUNNING'));
    const step = (...rows: TreeRow[]) => lens.update(tree.apply(rows));
    const told = (since: number) =>
      lens.collect(since).map((node) => `${node.row.name} ${messageOf(lens, node).meetsFilter}`);
    step(row(0, null, 'QUEUED'), row(1, 'a0', 'QUEUED'));
    expect(told(0)).toEqual([]);
    step(row(1, 'a0', 'RUNNING'));
    const seen = lens.head;
    expect(told(0)).toEqual(['a0 true', 'a1 true']);
    step(row(1, 'a0', 'SUCCEEDED'));
    expect(told(seen)).toEqual(['a0 false', 'a1 false']);
    expect(told(0)).toEqual([]);
    const { head } = lens;
    step(row(1, 'a0', 'SUCCEEDED'), row(0, null, 'FAILED'));
    expect(told(head)).toEqual([]);
  });
});

import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import {
  type EnrichedAction,
  EnrichedActionSchema,
} from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { FrameStore } from '../../api/frame-store.ts';
import { RunTree } from './run-tree.ts';

const { FAILED, QUEUED, RUNNING, SUCCEEDED } = ActionPhase;

describe('RunTree', () => {
  it('shows parents above their children, and groups folded in the place of their first member', () => {
    const tree = newTree();
    tree.apply([
      told('a0', { phase: RUNNING }),
      told('first', { parent: 'a0' }),
      told('m1', { parent: 'a0', group: 'map' }),
      told('last', { parent: 'a0' }),
      told('m2', { parent: 'a0', group: 'map' }),
      told('below', { parent: 'm2' }),
    ]);
    expect(lines(tree)).toEqual(['a0', ' first', ' map', ' last']);
    const map = item(tree, 'a0/map');
    tree.fold(map, false);
    expect(lines(tree)).toEqual(['a0', ' first', ' map', '  m1', '  m2', '   below', ' last']);
    tree.fold(item(tree, 'm2'), true);
    tree.fold(item(tree, 'a0'), true);
    tree.fold(item(tree, 'a0'), false);
    expect(lines(tree)).toEqual(['a0', ' first', ' map', '  m1', '  m2', ' last']);
    tree.reveal(item(tree, 'below'));
    expect(lines(tree)).toContain('   below');
  });

  it('counts descendants by phase, and follows each change', () => {
    const tree = newTree();
    tree.apply([
      told('a0', { phase: RUNNING }),
      told('p', { parent: 'a0', phase: RUNNING }),
      told('c1', { parent: 'p', group: 'g', phase: QUEUED, start: 10 }),
      told('c2', { parent: 'p', group: 'g', phase: RUNNING, start: 5 }),
    ]);
    expect(counts(tree, 'a0')).toEqual({ [RUNNING]: 2, [QUEUED]: 1 });
    expect(item(tree, 'p/g')).toMatchObject({ phase: RUNNING, start: 5, end: Number.NaN, total: 2 });
    tree.apply([told('c1', { parent: 'p', group: 'g', phase: FAILED, start: 10, end: 30 })]);
    tree.apply([told('c2', { parent: 'p', group: 'g', phase: SUCCEEDED, start: 5, end: 20 })]);
    expect(counts(tree, 'a0')).toEqual({ [RUNNING]: 1, [FAILED]: 1, [SUCCEEDED]: 1 });
    expect(counts(tree, 'p/g')).toEqual({ [FAILED]: 1, [SUCCEEDED]: 1 });
    expect(item(tree, 'p/g')).toMatchObject({ phase: FAILED, start: 5, end: 30 });
    expect(item(tree, 'a0').total).toBe(3);
  });

  it('is not changed by a message that comes again, as after a reconnect', () => {
    const tree = newTree();
    const snapshot = [
      told('a0', { phase: RUNNING }),
      told('c', { parent: 'a0', phase: SUCCEEDED, start: 1, end: 2 }),
    ];
    tree.apply(snapshot);
    const rows = tree.rows();
    const revisions = rows.map((row) => row.revision);
    tree.apply(snapshot);
    expect(tree.rows()).toBe(rows);
    expect(rows.map((row) => row.revision)).toEqual(revisions);
    expect(counts(tree, 'a0')).toEqual({ [SUCCEEDED]: 1 });
  });

  it('holds an action back until its parent comes', () => {
    const tree = newTree();
    tree.apply([told('c', { parent: 'p' }), told('p', { parent: 'a0' }), told('a0', {})]);
    expect(lines(tree)).toEqual(['a0', ' p', '  c']);
    expect(item(tree, 'a0').total).toBe(2);
  });

  it('keeps the ancestors of what a filter finds, while phases change', () => {
    const tree = newTree();
    tree.apply([
      told('a0', { phase: RUNNING }),
      told('g1', { parent: 'a0', group: 'fetch all', phase: RUNNING, label: 'fetch' }),
      told('g2', { parent: 'a0', group: 'fetch all', phase: FAILED, label: 'fetch' }),
      told('t', { parent: 'a0', phase: FAILED, label: 'total' }),
    ]);
    tree.setFilter({ text: 'FETCH', phases: new Set([FAILED]) });
    expect(lines(tree)).toEqual(['a0', ' fetch all', '  g2']);
    tree.apply([told('g1', { parent: 'a0', group: 'fetch all', phase: FAILED, label: 'fetch' })]);
    expect(lines(tree)).toEqual(['a0', ' fetch all', '  g1', '  g2']);
    tree.fold(item(tree, 'a0/fetch all'), true);
    expect(lines(tree)).toEqual(['a0', ' fetch all']);
    tree.setFilter({ text: 'nothing', phases: new Set() });
    expect(lines(tree)).toEqual([]);
    tree.setFilter({ text: '', phases: new Set() });
    expect(lines(tree)).toEqual(['a0', ' fetch all', ' t']);
  });

  it('folds an action with many children while the run is first told, and never afterwards', () => {
    const many = (parent: string) =>
      Array.from({ length: 150 }, (_, i) => told(`${parent}-${i}`, { parent }));
    const tree = newTree();
    tree.apply([told('a0', {}), told('p', { parent: 'a0' }), ...many('p')]);
    expect(lines(tree)).toEqual(['a0', ' p']);
    tree.settle();
    tree.apply([told('q', { parent: 'a0' }), ...many('q')]);
    expect(tree.rows()).toHaveLength(3 + 150);
    const root = newTree();
    root.apply([told('a0', {}), ...many('a0')]);
    expect(root.rows()).toHaveLength(151);
  });

  it('leaves the list of rows alone when something changes in rows or below folded ones', () => {
    const tree = newTree();
    tree.apply([told('a0', { phase: RUNNING }), told('m1', { parent: 'a0', group: 'map', phase: RUNNING })]);
    const rows = tree.rows();
    tree.apply([
      told('m1', { parent: 'a0', group: 'map', phase: SUCCEEDED }),
      told('m2', { parent: 'a0', group: 'map' }),
    ]);
    expect(tree.rows()).toBe(rows);
    tree.apply([told('n', { parent: 'a0' })]);
    expect(tree.rows()).not.toBe(rows);
  });

  it('counts what it does not show', () => {
    const tree = new RunTree({ frames: new FrameStore(() => {}), mostActions: 2 });
    tree.apply([told('a0', {}), told('b', { parent: 'a0' }), told('c', { parent: 'a0' })]);
    expect([tree.size, tree.leftOut]).toEqual([2, 1]);
  });
});

function newTree(): RunTree {
  return new RunTree({ frames: new FrameStore(() => {}) });
}

interface Told {
  parent?: string;
  group?: string;
  label?: string;
  phase?: ActionPhase;
  start?: number;
  end?: number;
}

function told(name: string, { parent, group, label, phase = QUEUED, start, end }: Told): EnrichedAction {
  const at = (ms: number) => ({ seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 });
  return create(EnrichedActionSchema, {
    action: {
      id: { name },
      metadata: {
        parent: parent ?? '',
        group: group ?? '',
        spec: { case: 'task', value: { shortName: label ?? '' } },
      },
      status: {
        phase,
        attempts: 1,
        ...(start === undefined ? {} : { startTime: at(start) }),
        ...(end === undefined ? {} : { endTime: at(end) }),
      },
    },
  });
}

function item(tree: RunTree, id: string) {
  const found = tree.get(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

function lines(tree: RunTree): string[] {
  return tree.rows().map((row) => ' '.repeat(row.depth) + (row.kind === 'group' ? row.label : row.id));
}

function counts(tree: RunTree, id: string): Record<number, number> {
  const entries = [...(item(tree, id).counts ?? [])].map((count, phase) => [phase, count] as const);
  return Object.fromEntries(entries.filter(([, count]) => count !== 0));
}

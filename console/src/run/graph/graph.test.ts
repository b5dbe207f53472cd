import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { type Literal, LiteralSchema } from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import { actionItem, type TreeItem } from '../tree/item.ts';
import { type ActionValues, dataFlow } from './data-flow.ts';
import { drawing, MOST_NODES } from './draw.ts';
import { thenEdges } from './order.ts';

const { FAILED, RUNNING, SUCCEEDED } = ActionPhase;

describe('thenEdges', () => {
  it('sees chains, branches and what joins them', () => {
    const edges = thenEdges([
      sibling('load', 0, 10),
      sibling('left', 11, 20),
      sibling('right', 12, 30),
      sibling('join', 31, 40),
      sibling('running', 41, Number.NaN),
    ]);
    expect(edges.map((edge) => edge.join(' → '))).toEqual([
      'load → left',
      'load → right',
      'left → join',
      'right → join',
      'join → running',
    ]);
  });

  it('has one edge where many end before one begins', () => {
    const many = Array.from({ length: 20 }, (_, i) => sibling(`m${i}`, i, 100 + i));
    expect(thenEdges([...many, sibling('after', 200, 210)])).toEqual([['m19', 'after']]);
  });
});

describe('dataFlow', () => {
  const long = text('the result of fetching');
  it('finds who took what whom put out, also inside lists, and not by chance', () => {
    const flow = dataFlow([
      values('a', 0, 10, [], [long]),
      values('b', 0, 12, [], [text('5')]),
      values('c', 20, 30, [text('5'), list(text('x'), long)], [long]),
      values('early', 5, 30, [long], []),
    ]);
    expect(flow).toEqual([['a', 'c']]);
  });
});

describe('drawing', () => {
  it('connects parents with the first of their children, and siblings in order', () => {
    const root = item('a0', undefined, RUNNING, 0);
    const rows = [root, item('a', root, SUCCEEDED, 1, 2), item('b', root, RUNNING, 3)];
    const { edges, note } = drawing(rows);
    expect(edges.map(edgeText)).toEqual(['a0 starts a', 'a then b']);
    expect(note).toBeUndefined();
    expect(
      drawing(rows, [
        ['a', 'b'],
        ['b', 'hidden'],
      ]).edges.map(edgeText),
    ).toEqual(['a data b', 'a0 starts a']);
  });

  it('draws siblings of the same task as one box when there are too many, and says so', () => {
    const root = item('a0', undefined, RUNNING, 0);
    const rows = [
      root,
      ...Array.from({ length: 1000 }, (_, i) =>
        item(`f${i}`, root, i === 7 ? FAILED : SUCCEEDED, 1, 2, 'fetch'),
      ),
    ];
    const { nodes, edges, note } = drawing(rows);
    expect(nodes.map(({ label, size, phase }) => [label, size, phase])).toEqual([
      ['a0', 1, RUNNING],
      ['fetch', 1000, FAILED],
    ]);
    expect([nodes[1]?.counts?.[FAILED], nodes[1]?.counts?.[SUCCEEDED]]).toEqual([1, 999]);
    expect(edges).toHaveLength(1);
    expect(note).toMatch(/1,001 lines are drawn as 2 boxes/);
  });

  it('stacks a long loop, but not what failed in it, until it is opened', () => {
    const root = item('a0', undefined, RUNNING, 0);
    const loop = Array.from({ length: 12 }, (_, i) =>
      item(`c${i}`, root, i === 4 ? FAILED : SUCCEEDED, i * 2, i * 2 + 1, 'convert'),
    );
    const after = item('end', root, RUNNING, 30);
    const rows = [root, ...loop, after];
    const data: [string, string][] = [
      ['c1', 'c2'],
      ['c2', 'end'],
      ['c3', 'end'],
    ];
    const { nodes, edges } = drawing(rows, data);
    expect(nodes.map(({ id, size }) => [id, size])).toEqual([
      ['a0', 1],
      ['a0»convert', 11],
      ['c4', 1],
      ['end', 1],
    ]);
    expect(nodes[1]?.members?.has('c2')).toBe(true);
    expect(edges.map(edgeText)).toContain('a0»convert data end');
    expect(drawing(rows, data, new Set(['a0»convert'])).nodes).toHaveLength(14);
    expect(drawing(rows.slice(0, 8), data).nodes).toHaveLength(8);
  });

  it('never draws more boxes than can be read', () => {
    const root = item('a0', undefined, RUNNING, 0);
    const rows = [root, ...Array.from({ length: 1000 }, (_, i) => item(`f${i}`, root, SUCCEEDED, 1, 2))];
    const { nodes, note } = drawing(rows);
    expect(nodes).toHaveLength(MOST_NODES);
    expect(note).toMatch(/first 300 boxes/);
  });
});

function sibling(id: string, start: number, end: number) {
  return { id, start, end };
}

function item(
  id: string,
  parent: TreeItem | undefined,
  phase: ActionPhase,
  start: number,
  end = Number.NaN,
  label = id,
) {
  return Object.assign(actionItem(id, parent), { phase, start, end, label });
}

function edgeText({ from, to, kind }: { from: string; to: string; kind: string }): string {
  return `${from} ${kind} ${to}`;
}

function values(
  name: string,
  start: number,
  end: number,
  inputs: Literal[],
  outputs: Literal[],
): ActionValues {
  return { name, start, end, inputs, outputs };
}

function text(value: string): Literal {
  return create(LiteralSchema, {
    value: {
      case: 'scalar',
      value: { value: { case: 'primitive', value: { value: { case: 'stringValue', value } } } },
    },
  });
}

function list(...literals: Literal[]): Literal {
  return create(LiteralSchema, { value: { case: 'collection', value: { literals } } });
}

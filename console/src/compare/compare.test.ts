import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { ActionSchema } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { pairsOf, placesOf } from './actions.ts';
import { compare, leaves } from './rows.ts';

const action = (name: string, parent: string, label: string, start: number, end?: number) =>
  create(ActionSchema, {
    id: { name },
    metadata: { parent, funtionName: label, spec: { case: 'task', value: { id: { name: `env.${label}` } } } },
    status: {
      startTime: timestampFromMs(start),
      ...(end !== undefined && { endTime: timestampFromMs(end) }),
    },
  });

describe('what two runs have under the same names', () => {
  test('is told apart from what differs', () => {
    const a = leaves({ x: 1, deep: { list: ['p', 'q'], none: {} }, only: 'a' });
    const b = leaves({ x: 1, deep: { list: ['p', 'r'], none: {} } });
    expect(compare(a, b)).toEqual({
      different: [
        { name: 'deep.list[1]', a: 'q', b: 'r' },
        { name: 'only', a: 'a', b: undefined },
      ],
      same: [
        { name: 'x', a: '1', b: '1' },
        { name: 'deep.list[0]', a: 'p', b: 'p' },
        { name: 'deep.none', a: '{}', b: '{}' },
      ],
    });
  });

  test('has a row for a value that is no object', () => {
    expect([...leaves(12n)]).toEqual([['', '12']]);
  });
});

describe('actions of two runs', () => {
  test('are matched by task and order, whatever they are called', () => {
    const a = placesOf([
      action('a0', '', 'main', 0, 100),
      action('x1', 'a0', 'load', 10, 30),
      action('x2', 'a0', 'load', 20, 60),
      action('x3', 'x1', 'leaf', 12, 15),
    ]);
    const b = placesOf([
      action('y2', 'a0', 'load', 25, 26),
      action('y1', 'a0', 'load', 15, 16),
      action('y4', 'y2', 'leaf', 25),
      action('y5', 'a0', 'save', 90, 95),
      action('a0', '', 'other', 0, 200),
    ]);
    const pairs = pairsOf(a, b).map(({ label, depth, a: one, b: other }) => [
      label,
      depth,
      one?.action.id?.name,
      other?.action.id?.name,
      one?.ms,
      other?.ms,
    ]);
    expect(pairs).toEqual([
      ['main', 0, 'a0', 'a0', 100, 200],
      ['load', 1, 'x1', 'y1', 20, 1],
      ['leaf', 2, 'x3', undefined, 3, undefined],
      ['load', 1, 'x2', 'y2', 40, 1],
      ['leaf', 2, undefined, 'y4', undefined, undefined],
      ['save', 1, undefined, 'y5', undefined, 5],
    ]);
  });

  test('that are their own ancestors do not hang the page', () => {
    expect(placesOf([action('p', 'q', 'p', 0), action('q', 'p', 'q', 0)]).size).toBe(0);
  });
});

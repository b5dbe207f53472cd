import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  FilterSchema,
  Filter_Function as Fn,
  ListRequestSchema,
  Sort_Direction,
} from '../gen/flyteidl2/common/list_pb.js';
import { compareText } from './filter-compare.ts';
import { conditionsOf } from './filter-condition.ts';
import { ACTION_FIELDS, RUN_FIELDS } from './filter-fields.ts';
import { parseOrder } from './filter-order.ts';
import { findField, parseFilters } from './filter-parse.ts';

const refused = (message: string | RegExp) =>
  expect.objectContaining({ code: 'invalid_argument', message: expect.stringMatching(message) });
const parse = (...filters: MessageInitShape<typeof FilterSchema>[]) =>
  parseFilters(
    RUN_FIELDS,
    filters.map((filter) => create(FilterSchema, filter)),
  );
const values = (field: string, fn: Fn, ...given: string[]) =>
  parse({ field, function: fn, values: given })[0]?.values;

describe('filters', () => {
  it.each(['4', 'RUNNING', 'running', 'ACTION_PHASE_RUNNING'])('know the phase %s', (text) => {
    expect(values('PHASE', Fn.EQUAL, text)).toEqual(['RUNNING']);
  });

  it('know the source by number and name', () => {
    expect(values('source', Fn.VALUE_IN, '2', 'web', 'RUN_SOURCE_SCHEDULE_TRIGGER')).toEqual([
      'CLI',
      'WEB',
      'SCHEDULE_TRIGGER',
    ]);
  });

  it('read times with any offset, to the microsecond', () => {
    expect(values('created_at', Fn.LESS_THAN, '2026-11-21T02:00:00.1234567+02:00')).toEqual([
      '2026-11-21T00:00:00.123456Z',
    ]);
  });

  it('keep the case of label keys, and nothing else of it', () => {
    expect(findField(RUN_FIELDS, 'LABELS.Team.x')).toMatchObject({ label: 'Team.x' });
    expect(findField(RUN_FIELDS, 'Run_Name')?.field.column).toBe('name');
  });

  it.each([
    [
      'an unknown field',
      { field: 'colour', values: ['red'] },
      /unknown filter field "colour" of runs; known are phase, name,/,
    ],
    ['a label without a key', { field: 'labels.', values: ['x'] }, /unknown filter field/],
    ['a phase that is none', { field: 'phase', values: ['0'] }, /"0" is not one of QUEUED \(1\)/],
    ['a time that is none', { field: 'created_at', values: ['yesterday'] }, /not a time/],
    [
      'a year before the first',
      { field: 'created_at', values: ['0000-05-01T00:00:00.000000Z'] },
      /not a time/,
    ],
    ['a number that is none', { field: 'duration_ms', values: ['1e3'] }, /not a whole number/],
    ['no value', { field: 'name' }, /takes exactly one value, not 0/],
    ['two values', { field: 'name', values: ['a', 'b'] }, /takes exactly one value, not 2/],
    ['an empty list', { field: 'name', function: Fn.VALUE_IN }, /at least one value/],
    ['EXISTS with a value', { field: 'name', function: Fn.EXISTS, values: ['a'] }, /takes no values/],
    ['an empty text', { field: 'task_name', values: [''] }, /EXISTS/],
    ['NUL', { field: 'name', values: ['a\0'] }, /NUL/],
    ['NUL in a label key', { field: 'labels.\0', values: ['a'] }, /NUL/],
    ['a long value', { field: 'name', values: ['a'.repeat(10_000)] }, /longer than 1024/],
    [
      'too many values',
      { field: 'name', function: Fn.VALUE_IN, values: Array(1001).fill('a') },
      /at most 1000/,
    ],
    ['an unknown function', { field: 'name', function: 8 as Fn, values: ['a'] }, /not known/],
  ])('refuse %s', (_name, filter, message) => {
    expect(() => parse(filter)).toThrow(refused(message));
  });

  it('refuse too many of them, and raw filters', () => {
    const filter = { field: 'name', values: ['a'] };
    expect(() => parse(...Array(51).fill(filter))).toThrow(refused('at most 50'));
    expect(() => parseFilters(RUN_FIELDS, [], ['x'])).toThrow(refused('raw_filters'));
  });

  it('on what every row has in common are decided at once', () => {
    expect(conditionsOf(parse({ field: 'action_type', values: ['1'] }))).toEqual([]);
    expect(conditionsOf(parse({ field: 'action_type', values: ['CONDITION'] }))).toBeUndefined();
    expect(conditionsOf(parse({ field: 'parent_name', function: Fn.EXISTS }))).toBeUndefined();
  });

  it('of any kind on an enum are the list of values that meet them', () => {
    const bounds = conditionsOf(parse({ field: 'phase', function: Fn.CONTAINS, values: ['U'] }))?.map(
      ({ bound }) => bound,
    );
    expect(bounds).toEqual([
      {
        kind: 'in',
        values: ['QUEUED', 'WAITING_FOR_RESOURCES', 'RUNNING', 'SUCCEEDED', 'TIMED_OUT', 'PAUSED'],
      },
    ]);
  });
});

describe('orders', () => {
  const order = (...keys: string[]) =>
    parseOrder(RUN_FIELDS, create(ListRequestSchema, { sortByFields: keys.map((key) => ({ key })) }));

  it('are newest first by default, then by name', () => {
    expect(order().map(({ column, descending }) => `${column} ${descending}`)).toEqual([
      'created_at true',
      'name true',
      'id true',
    ]);
  });

  it('end in a unique column in the direction of the last field', () => {
    const ascending = create(ListRequestSchema, {
      sortBy: { key: 'end_time', direction: Sort_Direction.ASCENDING },
    });
    expect(parseOrder(RUN_FIELDS, ascending)).toEqual([
      { column: 'end_time', descending: false },
      { column: 'id', descending: false },
    ]);
    expect(parseOrder(ACTION_FIELDS, ascending).at(-1)).toEqual({ column: 'name', descending: false });
  });

  it('refuse fields that are unknown, repeated, too many or not made for it', () => {
    expect(() => order('colour')).toThrow(refused(/can't be sorted by "colour"; possible are phase, name,/));
    expect(() => order('environment_name')).toThrow(refused('possible are'));
    expect(() => order('labels.a')).toThrow(refused('possible are'));
    expect(() => order('name', 'run_name')).toThrow(refused('twice'));
    expect(() => order(...Array(6).fill('name'))).toThrow(refused('at most 5'));
  });
});

describe('text', () => {
  it('compares as its UTF-8 bytes do', () => {
    const texts = ['', 'a', 'aa', 'Z', 'é', '\ud7ff', '\ue000', '\uffee', '😀', '😀a', '𝒳', 'a😀', 'a\uffee'];
    const byBytes = [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...texts].sort(compareText)).toEqual(byBytes);
    expect([...texts].sort()).not.toEqual(byBytes);
  });
});

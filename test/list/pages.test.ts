import { create as message, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Filter_Function as Fn,
  ListRequestSchema,
  Sort_Direction,
} from '../../src/gen/flyteidl2/common/list_pb.js';
import { ActionMetadataSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { LIST_BOUNDS } from '../../src/repository/read/list-walk.ts';
import type { Row } from '../../src/repository/schema.ts';
import { insertRows } from '../../src/repository/write/rows.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { actionPages, type Init, randomLimits, readAll, runPages, TINY_BOUNDS } from './lists.ts';
import { actionFields, type OracleField, runFields, sortedBy } from './oracle.ts';
import { insertRuns, instant, pick, type Random, randomAction, randomRun, runRow, seeded } from './rows.ts';

interface Sorting {
  readonly key: string;
  readonly descending: boolean;
}

const direction = (descending: boolean) =>
  descending ? Sort_Direction.DESCENDING : Sort_Direction.ASCENDING;
const sortFields = (sorts: readonly Sorting[]) => ({
  sortByFields: sorts.map(({ key, descending }) => ({ key, direction: direction(descending) })),
});
const RUN_KEYS = ['phase', 'name', 'created_at', 'updated_at', 'ended_at', 'duration_ms'];
const ACTION_KEYS = [...RUN_KEYS, 'start_time', 'action_type', 'group', 'function_name'];

/** The fields of the order, and what the service promises behind them: unique columns in the direction of the last field. */
function orderOf<R extends { id: number; name: string; created_at: string }>(
  fields: readonly OracleField<R>[],
  sorts: readonly Sorting[],
  ties: (last: string | undefined) => ((row: R) => string | number)[],
) {
  const last = sorts.at(-1);
  const keys = sorts.map(({ key, descending }) => {
    const field = fields.find(({ name }) => name === key);
    if (field === undefined) throw new Error(key);
    return { value: field.value, descending };
  });
  return [...keys, ...ties(last?.key).map((value) => ({ value, descending: last?.descending ?? true }))];
}

const runTies = (sorts: readonly Sorting[]) => (last: string | undefined) => {
  const newest = [(r: Row<'runs'>) => r.created_at, (r: Row<'runs'>) => r.name, (r: Row<'runs'>) => r.id];
  if (last === 'created_at') return newest.slice(1);
  return last === 'phase' && !sorts.some(({ key }) => key === 'created_at') ? newest : newest.slice(2);
};

const actionTies = (sorts: readonly Sorting[]) => (last: string | undefined) => {
  const newest = [(r: Row<'actions'>) => r.created_at, (r: Row<'actions'>) => r.name];
  return last === 'phase' && !sorts.some(({ key }) => key === 'created_at') ? newest : newest.slice(1);
};

function someSorts(random: Random, keys: readonly string[]): Sorting[] {
  const chosen = new Set(Array.from({ length: 2 + Math.floor(random() * 2) }, () => pick(random, keys)));
  return [...chosen].map((key) => ({ key, descending: random() < 0.5 }));
}

describe.each(dialects)('pages on $name', ({ create }) => {
  const random = seeded(7);
  const all = Array.from({ length: 240 }, (_, i) => randomRun(random, i + 1, 40));
  const runs = all.filter(({ kind }) => kind === 'RUN');
  const parent = runRow(1000, { name: 'parent', kind: 'RUN', project: 'elsewhere' });
  const actions = Array.from({ length: 200 }, (_, i) => randomAction(random, parent, i + 1, 30));
  let database: TestDatabase;
  let dialect: Dialect;

  beforeAll(async () => {
    database = await create();
    dialect = await openDatabase(database.config, 'shared');
    await insertRuns(dialect, all);
    await insertRuns(dialect, [parent]);
    await insertRows(dialect, dialect.writer, 'actions', actions);
  });

  afterAll(async () => {
    await dialect?.close();
    await database?.drop();
  });

  const inProject = (row: Row<'runs'>) => row.project === 'flytesnacks' && row.domain === 'development';
  const project = { by: 'project' as const, project: 'flytesnacks', domain: 'development' };

  const single = RUN_KEYS.flatMap((key) => [true, false].map((descending) => [{ key, descending }]));
  const mixed = Array.from({ length: 12 }, () => someSorts(random, RUN_KEYS));
  it.each([...single, ...mixed])('put together are all runs, sorted by %o %o %o', async (...sorts) => {
    const order = orderOf(runFields, sorts, runTies(sorts));
    for (const bounds of [LIST_BOUNDS, TINY_BOUNDS]) {
      const read = runPages(dialect, { scope: project, bounds });
      const names = await readAll(read, sortFields(sorts), randomLimits(random, 20));
      expect(names).toEqual(sortedBy(runs.filter(inProject), order).map(({ name }) => name));
    }
    const names = await readAll(runPages(dialect), sortFields(sorts), randomLimits(random, 70));
    const everything = sortedBy([...runs, parent], order).map(({ name }) => name);
    expect(names).toEqual(everything);
  });

  it.each([
    ...ACTION_KEYS.flatMap((key) => [true, false].map((descending) => [{ key, descending }])),
    ...Array.from({ length: 8 }, () => someSorts(random, ACTION_KEYS)),
  ])('put together are all actions, sorted by %o %o %o', async (...sorts) => {
    const order = orderOf(actionFields, sorts, actionTies(sorts));
    const names = await readAll(actionPages(dialect, parent), sortFields(sorts), randomLimits(random, 60));
    expect(names).toEqual(sortedBy(actions, order).map(({ name }) => name));
  });

  it('are sorted by the older sort_by, and newest first without any', async () => {
    const newest = orderOf(runFields, [{ key: 'created_at', descending: true }], runTies([]));
    const first = await runPages(dialect, { scope: project })(message(ListRequestSchema));
    expect(first.names).toEqual(
      sortedBy(runs.filter(inProject), newest)
        .slice(0, 50)
        .map(({ name }) => name),
    );
    const sortBy = { key: 'created_at', direction: Sort_Direction.ASCENDING };
    const oldest = await readAll(runPages(dialect, { scope: project }), { sortBy }, () => 9);
    expect(oldest).toEqual(
      sortedBy(runs.filter(inProject), newest)
        .reverse()
        .map(({ name }) => name),
    );
    const both: Init = { sortBy, ...sortFields([{ key: 'created_at', descending: true }]) };
    expect(await readAll(runPages(dialect, { scope: project }), both, () => 1000)).toEqual(oldest.reverse());
  });

  it.each([
    ['duration_ms', '1000'],
    ['ended_at', instant(1e9)],
    ['updated_at', instant(1e9)],
    ['name', '\u{10ffff}'],
  ])('are full while there are more, whatever has no %s', async (field, value) => {
    const filters = [{ field, function: Fn.LESS_THAN, values: [value] }];
    const request = { ...sortFields([{ key: field, descending: false }]), filters, limit: 5 };
    const { names, token } = await runPages(dialect, { bounds: TINY_BOUNDS })(
      message(ListRequestSchema, request),
    );
    expect(names.length).toBe(5);
    expect(token).not.toBe('');
  });

  it.each([
    [Fn.GREATER_THAN, Fn.GREATER_THAN_OR_EQUAL, Sort_Direction.ASCENDING],
    [Fn.LESS_THAN, Fn.LESS_THAN_OR_EQUAL, Sort_Direction.DESCENDING],
  ])('are full where several ranges overlap (%s, %s)', async (outer, inner, descending) => {
    const far = outer === Fn.GREATER_THAN ? instant(-1e9) : instant(1e9);
    const filters = [
      { field: 'created_at', function: outer, values: [far] },
      { field: 'created_at', function: inner, values: [instant(20)] },
      { field: 'created_at', function: inner, values: [far] },
    ];
    const request = { sortBy: { key: 'created_at', direction: descending }, filters, limit: 5 };
    const { names } = await runPages(dialect, { bounds: TINY_BOUNDS })(message(ListRequestSchema, request));
    expect(names.length).toBe(5);
  });

  it('find all matches in several calls when a call may look at few rows only', async () => {
    const filters = [{ field: 'name', function: Fn.CONTAINS, values: ['zebra'] }];
    const read = runPages(dialect, { maxScan: 10 });
    const first = await read(message(ListRequestSchema, { filters, limit: 1000 }));
    expect(first.names.length).toBeLessThan(10);
    expect(first.token).not.toBe('');
    const found = await readAll(read, { filters }, () => 1000);
    expect(found.length).toBeGreaterThan(5);
    expect([...found].sort()).toEqual(
      runs
        .filter(({ name }) => name.includes('zebra'))
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('go on where they were while rows come and go', async () => {
    const scope = { by: 'project' as const, project: 'moving', domain: 'development' };
    const made = Array.from({ length: 40 }, (_, i) =>
      runRow(5000 + i * 10, {
        name: `m${i}`,
        project: 'moving',
        created_at: instant(1000 + Math.floor(i / 4)),
      }),
    );
    await insertRuns(dialect, made);
    const seen: string[] = [];
    let token = '';
    for (let page = 0; page === 0 || token !== ''; page++) {
      const answer = await runPages(dialect, { scope })(message(ListRequestSchema, { limit: 7, token }));
      seen.push(...answer.names);
      token = answer.token;
      // Newer than everything, and among those that were answered already.
      const place = { project: 'moving', created_at: instant(page % 2 === 0 ? 9000 + page : 1009) };
      await insertRuns(dialect, [runRow(6000 + page, { name: `zz${page}`, ...place })]);
    }
    const given = new Set(made.map(({ name }) => name));
    expect(seen.filter((name) => given.has(name)).sort()).toEqual([...given].sort());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('refuse the token of another list', async () => {
    const first = { limit: 3, filters: [{ field: 'name', function: Fn.CONTAINS, values: ['a'] }] };
    const { token } = await runPages(dialect)(message(ListRequestSchema, first));
    const refused = {
      code: 'invalid_argument',
      message: expect.stringContaining('another scope, other filters'),
    };
    const others: Init[] = [
      { ...first, filters: [] },
      { ...first, filters: [{ field: 'name', function: Fn.CONTAINS, values: ['b'] }] },
      { ...first, filters: [{ field: 'name', function: Fn.ENDS_WITH, values: ['a'] }] },
      { ...first, ...sortFields([{ key: 'name', descending: true }]) },
      { ...first, ...sortFields([{ key: 'created_at', descending: false }]) },
    ];
    for (const other of others) {
      await expect(runPages(dialect)(message(ListRequestSchema, { ...other, token }))).rejects.toMatchObject(
        refused,
      );
    }
    const same = message(ListRequestSchema, { ...first, token });
    await expect(runPages(dialect, { scope: project })(same)).rejects.toMatchObject(refused);
    await expect(runPages(dialect, { pausedOnly: true })(same)).rejects.toMatchObject(refused);
    await expect(runPages(dialect, { kind: 'TRACKED' })(same)).rejects.toMatchObject(refused);
    await expect(actionPages(dialect, parent)(same)).rejects.toMatchObject(refused);
    await expect(
      runPages(dialect)(message(ListRequestSchema, { ...first, limit: 1000, token })),
    ).resolves.toBeDefined();
  });

  it('refuse a limit above 1000 and a run that is not there', async () => {
    await expect(runPages(dialect)(message(ListRequestSchema, { limit: 1001 }))).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(
      actionPages(dialect, { ...parent, name: 'nobody' })(message(ListRequestSchema)),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
    const tracked = all.find(({ kind }) => kind === 'TRACKED') ?? parent;
    await expect(actionPages(dialect, tracked)(message(ListRequestSchema))).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('stop at four mebibytes, at a row each at least', async () => {
    const scope = { by: 'project' as const, project: 'large', domain: 'development' };
    const metadata = (bytes: number) => {
      const funtionName = 'x'.repeat(bytes);
      return toBinary(ActionMetadataSchema, message(ActionMetadataSchema, { funtionName }));
    };
    const sizes = [1, 1.5, 1, 1, 5, 5, 0.1];
    const large = sizes.map((size, i) =>
      runRow(8000 + i, { name: `l${i}`, project: 'large', metadata: metadata(size * 1024 * 1024) }),
    );
    await insertRuns(dialect, large);
    const pages: string[][] = [];
    for (let token = '', first = true; first || token !== ''; first = false) {
      const sort = { sortBy: { key: 'created_at', direction: Sort_Direction.ASCENDING } };
      const page = await runPages(dialect, { scope })(message(ListRequestSchema, { ...sort, token }));
      pages.push(page.names);
      token = page.token;
    }
    expect(pages).toEqual([['l0', 'l1', 'l2'], ['l3'], ['l4'], ['l5'], ['l6']]);
  });
});

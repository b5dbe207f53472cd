import { create as message } from '@bufbuild/protobuf';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { up } from '../../migrations/0009-run-groups.ts';
import { postgresTypes, sqliteTypes } from '../../migrations/column-types.ts';
import {
  Filter_Function as Fn,
  ListRequestSchema,
  Sort_Direction as Direction,
} from '../../src/gen/flyteidl2/common/list_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { LIST_BOUNDS } from '../../src/repository/read/list-walk.ts';
import { readGroups } from '../../src/repository/read/watch-groups.ts';
import { insertRows } from '../../src/repository/write/rows.ts';
import { DomainError } from '../../src/runs/errors.ts';
import { ACTION_FIELDS, type FieldTable, RUN_FIELDS } from '../../src/runs/filter-fields.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { actionPages, type Init, type ReadNames, runPages } from './lists.ts';
import { explain, recording, type Statement, scansAll } from './plans.ts';
import { actionRow, insertRuns, instant, randomState, runRow, seeded } from './rows.ts';

const RUNS = 6000;
/** Of one run; another one has as many. */
const ACTIONS = 3000;
const MAX_SCAN = 1000;
/** What one statement may touch: rows that are gathered to be sorted, counted once before, or a piece of a walk. */
const MOST = Math.max(2 * LIST_BOUNDS.gathered + 10, LIST_BOUNDS.maxChunk + 10);
/** Orders that no index of actions has: all of the run are sorted. PostgreSQL may count them twice, in the index and in the table. */
const MOST_OF_RUN = 2 * ACTIONS;

/** A value for every field that can be filtered by; a field without one fails the test. */
const RUN_VALUES: Record<string, string> = {
  phase: '5',
  name: 'run-77',
  task_name: 'env.task3',
  task_version: 'v1',
  action_type: '1',
  parent_name: 'a0',
  run_source: 'CLI',
  trigger_name: 'nightly',
  created_by: 'user1',
  created_at: instant(3_000_000_000),
  updated_at: instant(3_000_000_000),
  start_time: instant(3_000_000_000),
  ended_at: instant(3_000_000_000),
  duration_ms: '3',
  function_name: 'f',
  environment_name: 'e',
  'labels.<key>': 'red',
};
const ACTION_VALUES: Record<string, string> = {
  phase: '5',
  name: 'c77',
  run_name: 'parent',
  task_name: 'env.task3',
  task_version: 'v1',
  action_type: '3',
  parent_name: 'a0',
  group: 'g',
  created_by: 'user1',
  created_at: instant(3_000_000_000),
  updated_at: instant(3_000_000_000),
  start_time: instant(3_000_000_000),
  ended_at: instant(3_000_000_000),
  duration_ms: '3',
  function_name: 'f',
};
const FUNCTIONS = Object.values(Fn).filter((fn): fn is Fn => typeof fn === 'number');
const DIRECTIONS = [Direction.ASCENDING, Direction.DESCENDING];

/** Every filter of every field with every function, and every order. */
function requestsOf(table: FieldTable, values: Record<string, string>): [string, Init][] {
  const filters = table.fields.flatMap(({ name }) =>
    FUNCTIONS.map((fn): [string, Init] => {
      const value = values[name] ?? '';
      const field = name.replace('<key>', 'team');
      const filter = { field, function: fn, values: fn === Fn.EXISTS || fn === Fn.NOT_EXISTS ? [] : [value] };
      return [`${field} ${Fn[fn]}`, { filters: [filter] }];
    }),
  );
  const orders = table.fields
    .filter(({ sortable }) => sortable)
    .flatMap(({ name }) =>
      DIRECTIONS.map((direction): [string, Init] => [
        `by ${name} ${Direction[direction]}`,
        { sortByFields: [{ key: name, direction }] },
      ]),
    );
  return [...filters, ...orders];
}

describe.each(dialects)('the allow-list on $name', ({ create }) => {
  let database: TestDatabase;
  let plain: Dialect;
  let dialect: Dialect;
  let statements: Statement[];
  const parent = runRow(RUNS + 1, { name: 'parent', project: 'elsewhere' });
  const other = runRow(RUNS + 2, { name: 'other', project: 'elsewhere' });

  beforeAll(async () => {
    database = await create();
    plain = await openDatabase(database.config, 'shared');
    ({ dialect, statements } = recording(plain));
    const random = seeded(5);
    const runs = Array.from({ length: RUNS }, (_, i) =>
      runRow(i + 1, {
        ...randomState(random, 6_000_000_000),
        name: `run-${i}`,
        task_name: `env.task${i % 20}`,
        task_version: `v${i % 30}`,
        created_by_principal: `user${i % 8}`,
        trigger_name: i % 10 === 0 ? 'nightly' : null,
        labels: JSON.stringify({ team: i % 2 ? 'red' : 'blue' }),
      }),
    );
    await insertRuns(plain, [...runs, parent, other]);
    const actions = Array.from({ length: 2 * ACTIONS }, (_, i) =>
      actionRow(i % 2 ? other : parent, i + 1, {
        ...randomState(random, 6_000_000_000),
        name: `c${i}`,
        parent_action_name: i < 2 ? null : `c${Math.floor(i / 10)}`,
        action_type: i % 1000 === 6 ? 'CONDITION' : 'TASK',
      }),
    );
    await insertRows(plain, plain.writer, 'actions', actions);
    // The runs were inserted behind the back of what counts them: count them as the migration does.
    for (const name of ['run_groups', 'run_group_people', 'run_group_deltas']) {
      await sql`drop table ${sql.table(name)}`.execute(plain.writer);
    }
    await sql`drop index runs_group`.execute(plain.writer);
    const isPostgres = plain.kind === 'postgres';
    const db = plain.writer as unknown as Kysely<unknown>;
    await up(db, isPostgres ? postgresTypes : sqliteTypes, isPostgres);
    if (isPostgres) await sql`analyze`.execute(plain.writer);
  });

  afterAll(async () => {
    await plain?.close();
    await database?.drop();
  });

  /** Reads a page, and fails unless every statement of it was bounded. Answers false for what is refused. */
  async function check(read: ReadNames, what: string, init: Init, most: number): Promise<boolean> {
    statements.length = 0;
    try {
      await read(message(ListRequestSchema, { ...init, limit: 50 }));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'invalid_argument') return false;
      throw error;
    }
    await checkStatements(what, most);
    return true;
  }

  async function checkStatements(what: string, most = MOST): Promise<void> {
    for (const statement of statements.splice(0)) {
      const { plan, touched } = await explain(plain, statement, { large: true });
      expect(scansAll(plan), `${what}\n${statement.sql}\n${plan}`).toBe(false);
      expect(touched, `${what}\n${plan}`).toBeLessThanOrEqual(most);
    }
  }

  it.each([
    ['runs', RUN_FIELDS, RUN_VALUES],
    ['actions', ACTION_FIELDS, ACTION_VALUES],
  ] as const)(
    'no list of %s scans a table, whatever the field, the function and the order',
    async (what, table, values) => {
      expect(Object.keys(values)).toEqual(table.fields.map(({ name }) => name));
      const project = { by: 'project', project: 'flytesnacks', domain: 'development' } as const;
      const reads: ReadNames[] =
        what === 'runs'
          ? [
              runPages(dialect, { maxScan: MAX_SCAN }),
              runPages(dialect, { maxScan: MAX_SCAN, scope: project }),
            ]
          : [actionPages(dialect, parent, { maxScan: MAX_SCAN })];
      const most = what === 'runs' ? MOST : MOST_OF_RUN;
      const accepted = new Set<string>();
      for (const [name, init] of requestsOf(table, values)) {
        for (const read of reads)
          if (await check(read, name, init, most)) accepted.add(name.split(' ')[0] ?? '');
      }
      // Each field took some function or other; `by` stands for the orders.
      const fields = table.fields.map(({ name }) => name.replace('<key>', 'team'));
      expect([...accepted].sort()).toEqual([...fields, 'by'].sort());
    },
  );

  it('groups are read from what is kept of them, and from the newest runs of each', async () => {
    const target = { kind: 'RUN', org_key: '', project: 'flytesnacks', domain: 'development' };
    for (const end of [undefined, instant(5_000_000_001)]) {
      statements.length = 0;
      // In the open reader: a transaction's statements would pass the recorder by.
      const groups = await readGroups(
        inOneGo(dialect),
        { target, start: instant(1_000_000_007), end, filters: [] },
        undefined,
      );
      expect(groups.length).toBe(20);
      expect(statements.length).toBeGreaterThan(4);
      await checkStatements('groups');
    }
  });
});

/** The dialect with a reader whose transactions are its own connection, so that statements are recorded. */
function inOneGo(dialect: Dialect): Dialect {
  const transaction = () => ({
    setIsolationLevel: transaction,
    setAccessMode: transaction,
    execute: (work: (db: unknown) => unknown) => work(dialect.reader),
  });
  const reader = new Proxy(dialect.reader, {
    get: (target, name) => (name === 'transaction' ? transaction : Reflect.get(target, name, target)),
  });
  return { ...dialect, reader };
}

import { afterAll, beforeAll } from 'vitest';
import { openDatabase } from '../../src/repository/open.ts';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import type { Row, TableName } from '../../src/repository/schema.ts';
import { tables } from '../../src/repository/tables.ts';
import { GroupCommit, type WriterOptions } from '../../src/repository/write/group-commit.ts';
import type { Flushed } from '../../src/repository/write/flush.ts';
import type { Instant } from '../../src/runs/instant.ts';
import type { TestDatabase } from '../support/databases.ts';
import { at } from './fixtures.ts';

/** A migrated database with a writer whose time stands still unless a test moves it. */
export interface Repository {
  readonly database: TestDatabase;
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  /** What every transaction that committed said that it changed. */
  readonly committed: Flushed[];
  /** The time that the next transaction carries. */
  now: Instant;
  /** Another writer, on the same connections unless others are given. */
  newWriter(options?: Partial<WriterOptions>, on?: Dialect): GroupCommit;
}

/** Opens a repository before the tests of the enclosing `describe`, and closes and drops it after them. */
export function useRepository(create: () => Promise<TestDatabase>): Repository {
  let database: TestDatabase | undefined;
  let dialect: Dialect | undefined;
  let writer: GroupCommit | undefined;
  const opened = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the repository is open only while tests run');
    return value;
  };
  const repository: Repository = {
    get database() {
      return opened(database);
    },
    get dialect() {
      return opened(dialect);
    },
    get writer() {
      return opened(writer);
    },
    committed: [],
    now: at(0),
    newWriter: (options = {}, on = opened(dialect)) =>
      new GroupCommit(on, {
        clock: () => repository.now,
        maxQueued: 10_000,
        maxBatch: 500,
        onCommitted: (flushed) => repository.committed.push(flushed),
        ...options,
      }),
  };
  beforeAll(async () => {
    database = await create();
    dialect = await openDatabase(database.config, 'shared');
    writer = repository.newWriter();
  });
  afterAll(async () => {
    await writer?.close();
    await dialect?.close();
    await database?.drop();
  });
  return repository;
}

/** Everything in the database, table by table, as text that can be compared. */
export async function dump(dialect: Dialect): Promise<Record<string, string[]>> {
  const result: Record<string, string[]> = {};
  for (const table of Object.keys(tables) as TableName[]) {
    const rows = await dialect.reader.selectFrom(table).selectAll().execute();
    result[table] = rows.map((row) => JSON.stringify(plain(row))).sort();
  }
  return result;
}

const JSON_COLUMNS = ['labels', 'field_versions'];

/** A row with its bytes as hex text (databases answer Buffers where commands hold Uint8Arrays) and its JSON read. */
export function plain(row: object | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, Buffer.from(value).toString('hex')];
      return [name, JSON_COLUMNS.includes(name) ? JSON.parse(value) : value];
    }),
  );
}

/** A run's row. */
export function runRow(dialect: Dialect, name: string): Promise<Row<'runs'> | undefined> {
  return dialect.reader.selectFrom('runs').selectAll().where('name', '=', name).executeTakeFirst();
}

/** The rows of a run's actions by their names. */
export async function actionRows(dialect: Dialect, run: string): Promise<Map<string, Row<'actions'>>> {
  const rows = await dialect.reader
    .selectFrom('actions')
    .selectAll()
    .where('run_name', '=', run)
    .orderBy('id')
    .execute();
  return new Map(rows.map((row) => [row.name, row]));
}

/** One action's row. */
export async function actionRow(dialect: Dialect, run: string, name: string): Promise<Row<'actions'>> {
  const row = (await actionRows(dialect, run)).get(name);
  if (row === undefined) throw new Error(`run ${run} has no action ${name}`);
  return row;
}

/** An attempt with its history. */
export async function attemptRows(dialect: Dialect, run: string, name: string) {
  const { id } = await actionRow(dialect, run, name);
  const attempts = await dialect.reader
    .selectFrom('action_attempts')
    .selectAll()
    .where('action_id', '=', id)
    .orderBy('attempt_number')
    .execute();
  return await Promise.all(
    attempts.map(async (attempt) => ({
      ...attempt,
      transitions: await dialect.reader
        .selectFrom('phase_transitions')
        .select(['phase', 'version', 'start_time', 'end_time'])
        .where('attempt_id', '=', attempt.id)
        .orderBy('id')
        .execute(),
    })),
  );
}

/** The keys that the change log names from a batch on: `a1`, or `run` for the run's own row. */
export async function changedKeys(dialect: Dialect, run: string, afterBatch = 0): Promise<string[]> {
  const rows = await dialect.reader
    .selectFrom('changes')
    .innerJoin('runs', 'runs.id', 'changes.run_id')
    .leftJoin('actions', 'actions.id', 'changes.action_id')
    .select(['actions.name', 'changes.batch'])
    .where('runs.name', '=', run)
    .where('changes.batch', '>', afterBatch)
    .execute();
  return rows.map((row) => row.name ?? 'run').sort();
}

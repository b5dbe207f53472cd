import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import BetterSqlite from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { describe, expect, it } from 'vitest';
import { migrationsFor } from '../../migrations/index.ts';
import type { DatabaseConfig } from '../../src/config.ts';
import { isMigrated, migrate } from '../../src/repository/database.ts';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { tables } from '../../src/repository/tables.ts';
import { createSqliteFile, dialects } from '../support/databases.ts';
import { dump, useRepository } from './repository.ts';

/** What a column holds, as each database names it. */
const TYPES: Record<string, Record<string, string>> = {
  sqlite: { int: 'integer', text: 'text', time: 'text', bytes: 'blob', json: 'text' },
  postgres: {
    int: 'bigint',
    text: 'text',
    time: 'timestamp with time zone',
    bytes: 'bytea',
    json: 'jsonb',
  },
};

/** Tables, and columns of logs, that only the dialects and the migrator know. */
const INTERNAL = ['ids', 'kysely_migration', 'kysely_migration_lock', 'sqlite_sequence', 'sqlite_stat1'];
const INTERNAL_COLUMNS = ['changes.id', 'changes.xid', 'run_group_deltas.id'];

type Columns = Record<string, { type: string; nullable: boolean }>;

/** SQLite lets a primary key be null unless told otherwise; nothing writes one. */
async function columnsOf({ kind, writer }: Dialect): Promise<Columns> {
  const { rows } =
    kind === 'sqlite'
      ? await sql<{ name: string; type: string; nullable: number | boolean }>`
          select t.name || '.' || c.name as name, lower(c.type) as type, c."notnull" = 0 and c.pk = 0 as nullable
          from pragma_table_list as t join pragma_table_info(t.name) as c
          where t.schema = 'main' and t.name <> 'sqlite_schema'`.execute(writer)
      : await sql<{ name: string; type: string; nullable: number | boolean }>`
          select table_name || '.' || column_name as name, data_type as type, is_nullable = 'YES' as nullable
          from information_schema.columns where table_schema = current_schema()`.execute(writer);
  const own = rows.filter(({ name }) => {
    return !INTERNAL.includes(name.split('.')[0] ?? '') && !INTERNAL_COLUMNS.includes(name);
  });
  return Object.fromEntries(
    own.map(({ name, type, nullable }) => [name, { type, nullable: Boolean(nullable) }]),
  );
}

describe.each(dialects)('migrations on $name', ({ name, create }) => {
  const repository = useRepository(create);

  it('make the tables that the code knows, column by column', async () => {
    const expected: Columns = {};
    for (const [table, columns] of Object.entries(tables)) {
      for (const [column, kind] of Object.entries<string>(columns)) {
        expected[`${table}.${column}`] = {
          type: TYPES[name]?.[kind.replace('?', '')] ?? '',
          nullable: kind.endsWith('?'),
        };
      }
    }
    const found = await columnsOf(repository.dialect);
    expect(found).toEqual(expected);
  });

  it('say that they are done, and change nothing when they run again', async () => {
    expect(await isMigrated(repository.dialect)).toBe(true);
    const before = await dump(repository.dialect);
    await migrate(repository.dialect);
    expect(await dump(repository.dialect)).toEqual(before);
  });

  it('run once when several processes begin at once on an empty database', async () => {
    const database = await create();
    try {
      expect(await Promise.all(await startTogether(database.config, 4))).toEqual(Array(4).fill('done'));
      const dialect = await openDatabase(database.config, 'shared');
      const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
        dialect.reader,
      );
      expect(applied.rows.map((row) => row.name)).toEqual(Object.keys(migrationsFor(dialect.kind)).sort());
      await dialect.close();
    } finally {
      await database.drop();
    }
  });

  it('leave nothing behind when one fails', async () => {
    const before = await columnsOf(repository.dialect);
    const half: Migration = {
      async up(db: Kysely<unknown>) {
        await db.schema.createTable('half').addColumn('a', 'integer').execute();
        await sql`insert into half (a) values (1)`.execute(db);
        await sql`alter table runs add column half integer`.execute(db);
        await sql`insert into nowhere (a) values (1)`.execute(db);
      },
    };
    const good: Migration = {
      up: async (db: Kysely<unknown>) => {
        await db.schema.createTable('good').addColumn('a', 'integer').execute();
      },
    };
    const migrations = { ...migrationsFor(name), '9000-good': good, '9001-half': half };
    const migrator = new Migrator({
      db: repository.dialect.writer,
      provider: { getMigrations: async () => migrations },
    });
    const { error } = await migrator.migrateToLatest();
    expect(String(error)).toContain('nowhere');
    expect(await columnsOf(repository.dialect)).toEqual(before);
    expect(await isMigrated(repository.dialect)).toBe(true);
    await migrate(repository.dialect);
  });
});

it('a new SQLite file that another process holds is waited for, without blocking', async () => {
  const { config, drop } = await createSqliteFile();
  const other = new BetterSqlite(config.file);
  other.exec('create table t (a); begin; select * from t');
  const opening = openDatabase(config, 'shared');
  // The first try has failed by now, as its part before the first await is over.
  other.exec('commit; drop table t');
  other.close();
  const dialect = await opening;
  expect(await isMigrated(dialect)).toBe(true);
  await dialect.close();
  await drop();
});

/** Starts processes that wait until all are ready, and answers what each says in the end. */
async function startTogether(config: DatabaseConfig, count: number): Promise<Promise<string>[]> {
  const script = join(import.meta.dirname, 'migrate-process.ts');
  const children = Array.from({ length: count }, () => {
    const child = spawn(process.execPath, [script, JSON.stringify(config)], { stdio: 'pipe' });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const ready = Promise.withResolvers<void>();
    let last = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = line;
      ready.resolve();
    });
    const ended = new Promise<string>((resolve) =>
      child.once('close', (code) => {
        ready.resolve();
        resolve(code === 0 ? last : errors);
      }),
    );
    return { child, ready: ready.promise, ended };
  });
  await Promise.all(children.map(({ ready }) => ready));
  for (const { child } of children) child.stdin.end('go\n');
  return children.map(({ ended }) => ended);
}

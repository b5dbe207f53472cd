import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrationsFor } from '../../migrations/index.ts';
import { StartupError } from '../config/errors.ts';
import type { Organizations } from '../runs/identity.ts';
import type { Dialect } from './dialects/dialect.ts';

/**
 * Brings the schema to its newest version. Several processes may do so at once: one works, the others wait for it and find it done.
 * Throws a StartupError if a newer version of the service has been there: there is no way back.
 */
export async function migrate(dialect: Dialect): Promise<void> {
  const migrations = migrationsFor(dialect.kind);
  const migrator = new Migrator({ db: dialect.writer, provider: { getMigrations: async () => migrations } });
  // The migrator reports errors in its result and never throws them.
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const unknown = [...(await appliedMigrations(dialect))].find((name) => migrations[name] === undefined);
  if (unknown === undefined) throw error;
  throw new StartupError(
    `a newer version of this service has migrated the database (${unknown}); start that version, or restore a backup of before`,
  );
}

/** Whether every migration of this version was applied. */
export async function isMigrated(dialect: Dialect): Promise<boolean> {
  const applied = await appliedMigrations(dialect);
  return Object.keys(migrationsFor(dialect.kind)).every((name) => applied.has(name));
}

/** Fails while the database is out of reach or its schema is another one. */
export function databaseReadiness(dialect: Dialect): { name: string; check(): Promise<void> } {
  return {
    name: 'database',
    check: async () => {
      if (!(await isMigrated(dialect)))
        throw new Error('the schema of the database is not that of this version');
    },
  };
}

async function appliedMigrations(dialect: Dialect): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(dialect.reader);
  return new Set(rows.map((row) => row.name));
}

/**
 * A value that all replicas share, made by the first that asks for it. `make` may be called although another process's value wins.
 */
export async function sharedState(dialect: Dialect, name: string, make: () => string): Promise<string> {
  await dialect.writer
    .insertInto('service_state')
    .values({ name, value: make() })
    .onConflict((c) => c.column('name').doNothing())
    .execute();
  const row = await dialect.writer
    .selectFrom('service_state')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return row.value;
}

/**
 * Holds the database to the way of telling organizations apart that it was made with, because its unique keys are built on it.
 * Throws StartupError if the configuration says otherwise.
 */
export async function checkOrganizations(dialect: Dialect, organizations: Organizations): Promise<void> {
  const made = await sharedState(dialect, 'organizations', () => organizations);
  if (made !== organizations) {
    throw new StartupError(
      `this database was made with runs.organizations: ${made}; it can't be changed to ${organizations} afterwards`,
    );
  }
}

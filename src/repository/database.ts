import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrationsFor } from '../../migrations/index.ts';
import { StartupError } from '../config/errors.ts';
import type { Organizations } from '../runs/identity.ts';
import type { Dialect } from './dialects/dialect.ts';

/** Brings the schema to its newest version. Several processes may do so at once: one works, the others wait for it and find it done. */
export async function migrate(dialect: Dialect): Promise<void> {
  const migrations = migrationsFor(dialect.kind);
  const migrator = new Migrator({ db: dialect.writer, provider: { getMigrations: async () => migrations } });
  // The migrator reports errors in its result and never throws them.
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** Whether every migration of this version was applied. */
export async function isMigrated(dialect: Dialect): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(dialect.reader);
  const applied = new Set(rows.map((row) => row.name));
  return Object.keys(migrationsFor(dialect.kind)).every((name) => applied.has(name));
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

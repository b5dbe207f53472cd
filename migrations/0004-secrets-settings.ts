import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** Columns of keys, which lists sort by: in PostgreSQL by code points, as in SQLite. */
const KEYS: Record<string, string[]> = {
  secrets: ['org_key', 'project', 'domain', 'name'],
  settings: ['org_key', 'project', 'domain'],
};

/**
 * Secrets, encrypted, and settings, each for an organization (project and domain are empty), a domain (project is empty) or a
 * project.
 */
export async function up(db: Kysely<unknown>, t: ColumnTypes, isPostgres: boolean): Promise<void> {
  await db.schema
    .createTable('secrets')
    .addColumn('org_key', 'text', (c) => c.notNull())
    .addColumn('org', 'text', (c) => c.notNull())
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('domain', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('type', t.int, (c) => c.notNull())
    .addColumn('value', t.bytes, (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .addPrimaryKeyConstraint('secrets_key', ['org_key', 'project', 'domain', 'name'])
    .execute();

  await db.schema
    .createTable('settings')
    .addColumn('org_key', 'text', (c) => c.notNull())
    .addColumn('org', 'text', (c) => c.notNull())
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('domain', 'text', (c) => c.notNull())
    .addColumn('version', t.int, (c) => c.notNull())
    .addColumn('settings', t.bytes, (c) => c.notNull())
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .addPrimaryKeyConstraint('settings_key', ['org_key', 'project', 'domain'])
    .execute();

  if (!isPostgres) return;
  for (const [table, columns] of Object.entries(KEYS)) {
    const changes = columns.map((column) => sql`alter column ${sql.ref(column)} type text collate "C"`);
    await sql`alter table ${sql.table(table)} ${sql.join(changes, sql`, `)}`.execute(db);
  }
}

import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import * as runs from './0001-runs.ts';
import * as listIndexes from './0002-list-indexes.ts';
import * as tasksTriggers from './0003-tasks-triggers.ts';
import * as secretsSettings from './0004-secrets-settings.ts';
import * as executor from './0005-executor.ts';
import * as remote from './0006-remote.ts';
import * as executionsLease from './0007-executions-lease.ts';
import * as writeSpeed from './0008-write-speed.ts';
import * as runGroups from './0009-run-groups.ts';
import * as runVersions from './0010-run-versions.ts';
import * as actionsOfARun from './0011-actions-of-a-run.ts';
import { type ColumnTypes, postgresTypes, sqliteTypes } from './column-types.ts';

type Up = (db: Kysely<unknown>, types: ColumnTypes, isPostgres: boolean) => Promise<void>;

const numbered: Record<string, { up: Up }> = {
  '0001-runs': runs,
  '0002-list-indexes': listIndexes,
  '0003-tasks-triggers': tasksTriggers,
  '0004-secrets-settings': secretsSettings,
  '0005-executor': executor,
  '0006-remote': remote,
  '0007-executions-lease': executionsLease,
  '0008-write-speed': writeSpeed,
  '0009-run-groups': runGroups,
  '0010-run-versions': runVersions,
  '0011-actions-of-a-run': actionsOfARun,
};

/** All migrations in order, for one of the two databases. Add a numbered file and name it here; never change one that was released. */
export function migrationsFor(kind: 'sqlite' | 'postgres'): Record<string, Migration> {
  const types = kind === 'postgres' ? postgresTypes : sqliteTypes;
  const result: Record<string, Migration> = {};
  for (const [name, migration] of Object.entries(numbered)) {
    result[name] = { up: (db: Kysely<unknown>) => migration.up(db, types, kind === 'postgres') };
  }
  return result;
}

import path from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { Kysely, sql } from 'kysely';
import { makeFolder } from '../../make-folder.ts';
import type { Database } from '../schema.ts';
import type { ColumnKind } from '../tables.ts';
import type { Dialect } from './dialect.ts';
import { openSqliteCursor } from './sqlite-changes.ts';
import { type OnQuery, sqliteKyselyDialect } from './sqlite-driver.ts';
import { sqliteTexts } from './sqlite-steps.ts';

/** What SQLite needs to know. */
export interface SqliteOptions {
  readonly file: string;
  /** How long a write waits for another process's write before it fails. */
  readonly busyTimeoutMs: number;
  readonly onQuery?: OnQuery;
}

/**
 * Opens (and makes) the file: one handle that writes, durably, and a second, read-only one that never waits for it. Throws SQLITE_BUSY at once
 * when another process is making the file or turning it into WAL mode: try again then.
 */
export function openSqlite(options: SqliteOptions): Dialect {
  const onQuery = options.onQuery ?? (() => {});
  makeFolder(path.dirname(path.resolve(options.file)));
  const write = openWriter(options.file);
  const read = new BetterSqlite(options.file, { readonly: true, timeout: options.busyTimeoutMs });
  const writer = new Kysely<Database>({
    dialect: sqliteKyselyDialect(write, onQuery, options.busyTimeoutMs),
  });
  const reader = new Kysely<Database>({ dialect: sqliteKyselyDialect(read, onQuery) });

  return {
    kind: 'sqlite',
    writer,
    reader,
    writersInFlight: 1,
    rows(columns, rows) {
      const list = sql.join(
        columns.map((c, i) => sql`${cell(c.kind, i)} as ${sql.id(c.name)}`),
        sql`, `,
      );
      const json = JSON.stringify(rows.map((row) => row.map(jsonValue)));
      return sql`(select ${list} from json_each(${json}) as j) as u`;
    },
    texts: sqliteTexts,
    lockClause: sql``,
    async allocateIds(db, count) {
      const { rows } = await sql<{
        next: number;
      }>`update ids set next = next + ${count} returning next`.execute(db);
      const end = rows[0]?.next ?? 0;
      return Array.from({ length: count }, (_, i) => end - count + i);
    },
    openChangeCursor: () => openSqliteCursor(reader),
    // Plain SQLITE_BUSY has waited for the lock as long as it may.
    isRetryable: (error) => codeOf(error) === 'SQLITE_BUSY_SNAPSHOT',
    isUniqueViolation: (error) => /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(codeOf(error)),
    isContentError: (error) => /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|ERROR)/.test(codeOf(error)),
    async close() {
      await reader.destroy();
      await writer.destroy();
    },
  };
}

/** The driver waits for other processes' locks without blocking the thread; SQLite's own time-out is 0. */
function openWriter(file: string): BetterSqlite.Database {
  const handle = new BetterSqlite(file, { timeout: 0 });
  try {
    handle.pragma('journal_mode = WAL');
    handle.pragma('synchronous = FULL');
    handle.pragma('foreign_keys = ON');
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

function cell(kind: ColumnKind, index: number) {
  const value = sql`j.value ->> ${sql.lit(index)}`;
  return kind === 'bytes' ? sql`unhex(${value})` : value;
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return hex(value);
  // Half a surrogate pair, as text that was cut may end in, would become bytes that are no UTF-8; PostgreSQL's driver replaces it too.
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}

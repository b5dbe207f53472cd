import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { StartupError } from '../config/errors.ts';
import type { DatabaseConfig } from '../config.ts';
import type { Organizations } from '../runs/identity.ts';
import { checkOrganizations, migrate } from './database.ts';
import type { Dialect } from './dialects/dialect.ts';
import { isBusy } from './dialects/sqlite-driver.ts';

const RETRY_MS = 250;

/** What the caller wants to hear of the database. */
export interface DatabaseHooks {
  /** The time of each statement, in seconds. */
  readonly onQuery?: (seconds: number) => void;
  readonly onConnectionError?: (error: Error) => void;
  /** Called once when the database does not answer at first, with the reason. */
  readonly onWaiting?: (reason: string) => void;
}

/**
 * Opens the configured database: waits for it up to `connectTimeoutMs`, migrates it to the newest schema, and holds it to its way of
 * telling organizations apart. Throws a StartupError with one sentence that says what to change.
 */
export async function openDatabase(
  config: DatabaseConfig,
  organizations: Organizations,
  hooks: DatabaseHooks = {},
): Promise<Dialect> {
  const dialect = await openDialect(config, hooks);
  try {
    await waitForDatabase(dialect, config, hooks);
    await migrate(dialect);
    await checkOrganizations(dialect, organizations);
    return dialect;
  } catch (error) {
    await dialect.close().catch(() => {});
    throw error;
  }
}

/** Each database's driver is loaded only where it is used. */
async function openDialect(config: DatabaseConfig, hooks: DatabaseHooks): Promise<Dialect> {
  if (config.kind === 'postgres') {
    const { openPostgres } = await import('./dialects/postgres.ts');
    return openPostgres({ ...config, ...hooks, acquireTimeoutMs: Math.min(config.connectTimeoutMs, 10_000) });
  }
  const { openSqlite } = await import('./dialects/sqlite.ts');
  const deadline = performance.now() + config.lockTimeoutMs;
  for (;;) {
    try {
      return openSqlite({ file: config.file, busyTimeoutMs: config.lockTimeoutMs, ...hooks });
    } catch (error) {
      // Turning a new file into WAL mode needs it alone: of several processes that begin at once, only one has it.
      if (!isBusy(error) || performance.now() + RETRY_MS >= deadline) {
        throw new StartupError(
          `database.sqlite.file: ${config.file} can't be opened for writing (${messageOf(error)}); check the path, its folder's permissions and the disk`,
        );
      }
    }
    await sleep(RETRY_MS);
  }
}

async function waitForDatabase(
  dialect: Dialect,
  config: DatabaseConfig,
  hooks: DatabaseHooks,
): Promise<void> {
  const deadline = performance.now() + config.connectTimeoutMs;
  for (let told = false; ; ) {
    try {
      await sql`select 1`.execute(dialect.reader);
      return;
    } catch (error) {
      const final = finalReason(config, error);
      if (final !== undefined) throw new StartupError(final);
      if (performance.now() + RETRY_MS >= deadline) throw new StartupError(outOfReach(config, error));
      if (!told) hooks.onWaiting?.(messageOf(error));
      told = true;
      await sleep(RETRY_MS);
    }
  }
}

/** The sentence for reasons that waiting does not mend. */
function finalReason(config: DatabaseConfig, error: unknown): string | undefined {
  if (config.kind === 'sqlite') {
    return `database.sqlite.file: ${config.file} is not a usable SQLite database (${messageOf(error)})`;
  }
  const code = (error as { code?: unknown }).code;
  const at = `${config.host}:${config.port}`;
  switch (code) {
    case '28P01':
    case '28000':
      return `database.postgres: ${at} refuses the login of user "${config.username}"; check username, password (or passwordFile) and pg_hba.conf`;
    case '3D000':
      return `database.postgres.dbname: the database "${config.dbname}" does not exist on ${at}; make it with: createdb -h ${config.host} -p ${config.port} -U ${config.username} ${config.dbname}`;
    case '42501':
      return `database.postgres: user "${config.username}" may not use the database "${config.dbname}" on ${at}`;
    default:
      return undefined;
  }
}

function outOfReach(config: DatabaseConfig, error: unknown): string {
  if (config.kind === 'sqlite') return messageOf(error);
  const seconds = Math.round(config.connectTimeoutMs / 1000);
  return `database.postgres: ${config.host}:${config.port} was out of reach for ${seconds} s (${messageOf(error)}); check host and port, and that PostgreSQL runs`;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

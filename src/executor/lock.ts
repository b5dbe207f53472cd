import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite from 'better-sqlite3';

/** A lock that is held until it is released or its process ends, however it ends. */
export interface ProcessLock {
  release(): void;
}

/**
 * Takes the lock that a file stands for; undefined while another process holds it. Node has no call for locks of the kernel, but SQLite
 * takes one for a transaction, and the kernel takes it back from a process that was killed. Processes that this one starts do not inherit it.
 */
export function takeLock(file: string): ProcessLock | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const database = new BetterSqlite(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    const code = (error as { code?: unknown }).code;
    if (typeof code === 'string' && code.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}

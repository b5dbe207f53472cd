import type { Db, Dialect } from '../dialects/dialect.ts';

/** Runs several reads that must agree with each other: all of them see the database as it was at the first one. */
export function readSnapshot<R>(dialect: Dialect, work: (db: Db) => Promise<R>): Promise<R> {
  return dialect.reader
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(work);
}

import { sql } from 'kysely';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { inList } from '../dialects/list-terms.ts';
import { insertRows } from './rows.ts';
import type { Unit } from './unit.ts';

/** Writes when new conditions run out of time, and forgets those that were dealt with. */
export async function flushDeadlines(dialect: Dialect, db: Db, unit: Unit): Promise<void> {
  const rows = unit.deadlines.map(({ action, dueAt }) => ({ action_id: action.row.id, due_at: dueAt }));
  await insertRows(dialect, db, 'condition_deadlines', rows, { ignoreConflicts: true });
  if (unit.pastDeadlines.length === 0) return;
  const past = inList(dialect, sql`action_id`, unit.pastDeadlines, 'int');
  await sql`delete from condition_deadlines where ${past}`.execute(db);
}

import type { Unit } from './unit.ts';
import type { Writes } from './writes.ts';

/** Writes when new conditions run out of time, and forgets those that were dealt with. */
export function flushDeadlines(writes: Writes, unit: Unit): void {
  const rows = unit.deadlines.map(({ action, dueAt }) => ({ action_id: action.row.id, due_at: dueAt }));
  writes.insert('condition_deadlines', rows, { ignoreConflicts: true });
  const past = unit.pastDeadlines.map((id) => ({ action_id: id }));
  writes.step('forget deadlines', past, ({ list }) => {
    const columns = [{ name: 'action_id', kind: 'int' }] as const;
    return {
      columns,
      listed: true,
      text: `delete from condition_deadlines where action_id in (select action_id from ${list(columns)})`,
    };
  });
}

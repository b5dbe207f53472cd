import { expect } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { countedOf } from '../../src/repository/write/flush-groups.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import type { ActionState, RunState } from '../../src/repository/write/states.ts';
import { plain } from './repository.ts';

/**
 * Holds what a writer keeps in memory against the database: each state that would be used again (because its run still has its version) must
 * be what the database says, row by row. Answers how many states that were.
 */
export async function expectKeptToBeTrue({ cache }: GroupCommit, { reader }: Dialect): Promise<number> {
  let used = 0;
  let actions = 0;
  for (const run of cache.states) {
    actions += 1 + run.actions.size;
    expect([...run.actions.values()].reduce((sum, { bytes }) => sum + bytes, 0)).toBe(run.bytes);
    const row = await reader.selectFrom('runs').selectAll().where('id', '=', run.row.id).executeTakeFirst();
    if (row?.version !== run.row.version) continue;
    used++;
    expect(plain(run.row)).toEqual(plain(row));
    expect(run.counted).toEqual(countedOf(row));
    await expectActions(run, reader);
  }
  expect(cache.size.actions).toBe(actions);
  return used;
}

async function expectActions(run: RunState, reader: Dialect['reader']): Promise<void> {
  expect(run).toMatchObject({ fresh: false, dirty: false, changed: false, doubtful: false });
  const rows = await reader.selectFrom('actions').selectAll().where('run_id', '=', run.row.id).execute();
  for (const action of run.actions.values()) {
    const row = plain(rows.find(({ name }) => name === action.row.name));
    const known = Object.fromEntries(Object.keys(action.row).map((name) => [name, row[name]]));
    expect(plain(action.row)).toEqual(known);
    expect(action).toMatchObject({ fresh: false, dirty: false });
    await expectAttempts(action, reader);
  }
}

async function expectAttempts(action: ActionState, reader: Dialect['reader']): Promise<void> {
  const rows = await reader
    .selectFrom('action_attempts')
    .selectAll()
    .where('action_id', '=', action.row.id)
    .execute();
  const numbers = rows.map((row) => row.attempt_number);
  if (action.complete) expect([...action.attempts.keys()].sort()).toEqual(numbers.sort());
  for (const absent of action.absent ?? []) {
    expect(action.attempts.has(absent) || !numbers.includes(absent)).toBe(true);
  }
  for (const [number, { attempt, transitions, ...flags }] of action.attempts) {
    expect(plain(attempt)).toEqual(plain(rows.find((row) => row.attempt_number === number)));
    expect(flags).toEqual({ newEvents: [], newFields: false, fresh: false, dirty: false });
    const history = await reader
      .selectFrom('phase_transitions')
      .selectAll()
      .where('attempt_id', '=', attempt.id)
      .execute();
    const byId = (a: { id?: unknown }, b: { id?: unknown }) => Number(a.id) - Number(b.id);
    const kept = transitions.map(({ fresh, dirty, ...row }) => {
      expect([fresh, dirty]).toEqual([false, false]);
      return plain(row);
    });
    expect(kept.sort(byId)).toEqual(history.map(plain).sort(byId));
  }
}

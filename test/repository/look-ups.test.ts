import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { actionsStep } from '../../src/repository/write/load.ts';
import { dialects } from '../support/databases.ts';
import { newAction, newRun } from './fixtures.ts';
import { useRepository } from './repository.ts';

const [postgres] = dialects.filter(({ name }) => name === 'postgres');
if (postgres === undefined) throw new Error('there are no tests on PostgreSQL');
const repository = useRepository(postgres.create);

/** How PostgreSQL finds actions by their names, with the settings of a writing transaction. */
function planOfLookUp(): Promise<string> {
  const { dialect } = repository;
  return dialect.reader.transaction().execute(async (db) => {
    for (const setting of ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) {
      await sql`set local ${sql.raw(setting)} = off`.execute(db);
    }
    await sql`set local plan_cache_mode = force_generic_plan`.execute(db);
    await sql.raw(`prepare look_up as ${actionsStep(dialect, []).text}`).execute(db);
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain execute look_up(array[1], array['a0'])`.execute(db);
    await sql`deallocate look_up`.execute(db);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}

it('PostgreSQL finds an action by its name in a large run, though nearly all runs have a single action', async () => {
  const { writer, dialect } = repository;
  const names = Array.from({ length: 400 }, (_, i) => `n${i}`);
  await Promise.all(names.map((name) => writer.submit(createRun(newRun(name)))));
  await Promise.all(names.map((name) => writer.submit(recordAction(newAction('n0', name)))));
  await sql`analyze`.execute(dialect.writer);
  // What decides in a database that is too large for a test: its planner has to believe that every run is large.
  const { rows } = await sql<{ n_distinct: number }>`
    select n_distinct from pg_stats where tablename = 'actions' and attname = 'run_id'`.execute(
    dialect.reader,
  );
  expect(rows).toEqual([{ n_distinct: 200 }]);
  expect(await planOfLookUp()).toMatch(/Index Scan using actions_name_key on actions/);
});

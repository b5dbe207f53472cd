import { sql } from 'kysely';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';

const ended = sql.raw(`('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT', 'RECOVERED')`);

/** What must never be found in the database, whatever clients sent: the rows that contradict each other. */
const contradictions = {
  'a run that differs from its root action': sql`
    select r.name as what from runs r join actions a on a.run_id = r.id and a.name = r.root_action_name
    where a.phase <> r.phase or a.attempts <> r.attempts or a.cache_status <> r.cache_status
      or coalesce(a.duration_ms, -1) <> coalesce(r.duration_ms, -1) or (a.end_time is null) <> (r.end_time is null)
      or a.end_time <> r.end_time or a.start_time <> r.start_time`,
  'a run without a root action': sql`
    select r.name as what from runs r
    where not exists (select 1 from actions a where a.run_id = r.id and a.name = r.root_action_name)`,
  'a run that miscounts its paused actions': sql`
    select r.name as what from runs r
    where r.paused_actions <> (select count(*) from actions a where a.run_id = r.id and a.phase = 'PAUSED')`,
  'an action that ended without an end, or has an end and goes on': sql`
    select a.name as what from actions a
    where (a.phase in ${ended}) <> (a.end_time is not null) or (a.phase in ${ended}) <> (a.duration_ms is not null)`,
  'an action that ended before it began': sql`
    select a.name as what from actions a where a.end_time < a.start_time or a.duration_ms < 0`,
  'an action without the attempt that it counts up to': sql`
    select a.name as what from actions a where not exists
      (select 1 from action_attempts t where t.action_id = a.id and t.attempt_number = a.attempts)`,
  'an attempt that ended without an end, or the other way round': sql`
    select t.id as what from action_attempts t where (t.phase in ${ended}) <> (t.end_time is not null)`,
  'an attempt whose phase is not in its history': sql`
    select t.id as what from action_attempts t
    where not exists (select 1 from phase_transitions p where p.attempt_id = t.id and p.phase = t.phase)`,
  'an attempt with two ends': sql`
    select p.attempt_id as what from phase_transitions p where p.phase in ${ended} group by p.attempt_id having count(*) > 1`,
  'a transition that ends before it begins': sql`
    select p.id as what from phase_transitions p where p.end_time < p.start_time`,
  'a child of an aborted root that goes on': sql`
    select a.name as what from actions a join runs r on r.id = a.run_id
    where r.phase = 'ABORTED' and a.phase not in ${ended}`,
};

/** The contradictions of a database, by name; none, if all is well. */
export async function findContradictions({ reader }: Dialect): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const [name, query] of Object.entries(contradictions)) {
    const { rows } = await query.execute(reader);
    if (rows.length > 0) found[name] = rows.slice(0, 5);
  }
  return found;
}

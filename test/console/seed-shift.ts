import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { countRuns } from '../../migrations/0009-run-groups.ts';
import { EnrichedIdentitySchema } from '../../src/gen/flyteidl2/common/identity_pb.js';
import { ActionMetadataSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { plusMillis } from '../../src/runs/instant.ts';

/** When a run shall have begun (milliseconds since 1970), and who shall have started it. */
export interface Shift {
  readonly run: string;
  readonly startedAt: number;
  readonly person: string;
  /** When each of its actions began: milliseconds since the run did. A service takes the time at which it hears of them. */
  readonly actions: readonly { readonly name: string; readonly from: number }[];
}

const TIMES: readonly (readonly [table: string, columns: readonly string[], rows: string])[] = [
  ['runs', ['created_at', 'updated_at', 'start_time', 'running_at', 'end_time'], 'id = :run'],
  ['actions', ['created_at', 'updated_at', 'start_time', 'end_time'], 'run_id = :run'],
  [
    'action_attempts',
    ['start_time', 'end_time', 'created_at', 'updated_at'],
    'action_id IN (SELECT id FROM actions WHERE run_id = :run)',
  ],
  [
    'phase_transitions',
    ['start_time', 'end_time', 'created_at'],
    `attempt_id IN (${'SELECT t.id FROM action_attempts t JOIN actions a ON a.id = t.action_id WHERE a.run_id = :run'})`,
  ],
];

/**
 * Moves runs through time and gives them to people, in the service's SQLite file. Whoever watches already does not notice; for later
 * readers it was always so.
 */
export async function shiftRuns(
  file: string,
  { project, domain }: { project: string; domain: string },
  shifts: readonly Shift[],
): Promise<void> {
  const database = new BetterSqlite3(file, { timeout: 10_000 });
  try {
    const find = database.prepare(
      'SELECT id, created_at, metadata FROM runs WHERE project = ? AND domain = ? AND name = ?',
    );
    database.transaction(() => {
      for (const { run, startedAt, person, actions } of shifts) {
        const row = find.get(project, domain, run) as Row;
        const by = startedAt - Date.parse(row.created_at);
        for (const [table, columns, rows] of TIMES) move(database, table, columns, rows, row.id, by);
        for (const { name, from } of actions)
          begin(database, row, name, plusMillis(row.created_at, by + from));
        give(database, row, person);
      }
    })();
  } catch (error) {
    database.close();
    throw error;
  }
  await using db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  // What is counted of runs is kept as they change, and this was no change that the service knows of.
  await db.transaction().execute(async (transaction) => {
    for (const table of ['run_group_deltas', 'run_groups', 'run_group_people'])
      await sql`delete from ${sql.table(table)}`.execute(transaction);
    await countRuns(transaction, false);
  });
}

interface Row {
  readonly id: number;
  readonly created_at: string;
  readonly metadata: Uint8Array;
}

function move(
  database: BetterSqlite3.Database,
  table: string,
  columns: readonly string[],
  rows: string,
  run: number,
  by: number,
): void {
  const all = database.prepare(`SELECT id, ${columns.join(', ')} FROM ${table} WHERE ${rows}`).all({ run });
  const set = database.prepare(
    `UPDATE ${table} SET ${columns.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`,
  );
  for (const row of all as Record<string, string | null>[]) {
    set.run(...columns.map((name) => (row[name] ? plusMillis(row[name], by) : null)), row.id);
  }
}

function begin(database: BetterSqlite3.Database, { id }: Row, name: string, at: string): void {
  const action = 'SELECT id FROM actions WHERE run_id = :id AND name = :name';
  const attempt = `SELECT id FROM action_attempts WHERE action_id IN (${action}) AND attempt_number = 1`;
  for (const statement of [
    `UPDATE actions SET created_at = :at, start_time = :at WHERE id IN (${action})`,
    `UPDATE action_attempts SET start_time = :at WHERE id IN (${attempt})`,
    `UPDATE phase_transitions SET start_time = :at WHERE attempt_id IN (${attempt}) AND phase = 'QUEUED'`,
  ]) {
    database.prepare(statement).run({ id, name, at });
  }
}

function give(database: BetterSqlite3.Database, { id, metadata }: Row, person: string): void {
  const changed = fromBinary(ActionMetadataSchema, metadata);
  const [handle = ''] = person.split('@');
  changed.executedBy = create(EnrichedIdentitySchema, {
    principal: {
      case: 'user',
      value: {
        id: { subject: person },
        spec: { firstName: handle[0]?.toUpperCase() + handle.slice(1), email: person },
      },
    },
  });
  const bytes = toBinary(ActionMetadataSchema, changed);
  database
    .prepare('UPDATE runs SET metadata = ?, created_by_principal = ? WHERE id = ?')
    .run(bytes, person, id);
  database.prepare("UPDATE actions SET metadata = ? WHERE run_id = ? AND name = 'a0'").run(bytes, id);
}

import type { Kysely } from 'kysely';
import type { ActionKey, RunKey } from '../../runs/identity.ts';
import type { Database, Row } from '../schema.ts';
import type { StoredRunKey } from '../write/command.ts';
import { actionNotFound, type RunKind, runNotFound } from '../write/commands/find.ts';

/** The run's id. Throws not_found if there is none of this kind. */
export async function findRunId(
  db: Kysely<Database>,
  kind: RunKind,
  key: RunKey,
  stored: StoredRunKey,
): Promise<number> {
  const row = await db
    .selectFrom('runs')
    .select(['id', 'kind'])
    .where('org_key', '=', stored.org_key)
    .where('project', '=', stored.project)
    .where('domain', '=', stored.domain)
    .where('name', '=', stored.name)
    .executeTakeFirst();
  if (row === undefined || row.kind !== kind) throw runNotFound(kind, key);
  return row.id;
}

/** The ids of an action and its run. Throws not_found if there is none of this kind. */
export async function findActionId(
  db: Kysely<Database>,
  kind: RunKind,
  key: ActionKey,
  stored: StoredRunKey,
): Promise<{ runId: number; actionId: number }> {
  const runId = await findRunId(db, kind, key.run, stored);
  const row = await db
    .selectFrom('actions')
    .select('id')
    .where('run_id', '=', runId)
    .where('name', '=', key.name)
    .executeTakeFirst();
  if (row === undefined) throw actionNotFound(key);
  return { runId, actionId: row.id };
}

/** What an action was given: inline inputs as wire bytes of `task.Inputs`, or the place of offloaded ones. */
export async function readInputs(
  db: Kysely<Database>,
  actionId: number,
): Promise<Pick<Row<'actions'>, 'input_uri' | 'inputs_hash'> & { inputs: Uint8Array | null }> {
  return db
    .selectFrom('actions')
    .leftJoin('action_inputs', 'action_inputs.action_id', 'actions.id')
    .select(['actions.input_uri', 'actions.inputs_hash', 'action_inputs.inputs'])
    .where('actions.id', '=', actionId)
    .executeTakeFirstOrThrow();
}

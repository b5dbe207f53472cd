import type { RunKey } from '../../runs/identity.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { StoredRunKey } from '../write/command.ts';
import { type RunKind, runNotFound } from '../write/commands/find.ts';

/** A run as far as it never changes: its spec (wire bytes of `RunSpec`), and which action is its root. Throws not_found. */
export async function readRunRoot(
  dialect: Dialect,
  kind: RunKind,
  key: RunKey,
  stored: StoredRunKey,
): Promise<{ rootId: number; runSpec: Uint8Array }> {
  const row = await dialect.reader
    .selectFrom('runs')
    .innerJoin('actions', (join) =>
      join.onRef('actions.run_id', '=', 'runs.id').onRef('actions.name', '=', 'runs.root_action_name'),
    )
    .select(['runs.kind', 'runs.run_spec', 'actions.id'])
    .where('runs.org_key', '=', stored.org_key)
    .where('runs.project', '=', stored.project)
    .where('runs.domain', '=', stored.domain)
    .where('runs.name', '=', stored.name)
    .executeTakeFirst();
  if (row === undefined || row.kind !== kind) throw runNotFound(kind, key);
  return { rootId: row.id, runSpec: row.run_spec };
}

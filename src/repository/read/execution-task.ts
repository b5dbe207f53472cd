import { fromBinary } from '@bufbuild/protobuf';
import { type RunSpec, RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import { type TaskSpec, TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import type { ActionKey, RunKey } from '../../runs/identity.ts';
import type { Instant } from '../../runs/instant.ts';
import type { Db } from '../dialects/dialect.ts';
import type { StoredRunKey } from '../write/command.ts';
import { readInputs } from './find.ts';

/** An action as its executor sees it. */
export interface ExecutionTask {
  readonly actionId: number;
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  readonly runCreatedAt: Instant;
  readonly taskSpec: TaskSpec;
  readonly runSpec: RunSpec;
  readonly cacheKey: string | null;
  /** Where the inputs are; null for inline ones. */
  readonly inputUri: string | null;
  /** Inline inputs as wire bytes of `task.Inputs`. */
  readonly inputs: Uint8Array | null;
}

/** An action and its run by name, as commands need them. */
export interface ActionPlaceKey {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
}

/** The names of an action; undefined if it is not there any more. */
export async function readActionKey(db: Db, actionId: number): Promise<ActionPlaceKey | undefined> {
  const row = await db
    .selectFrom('actions')
    .innerJoin('runs', 'runs.id', 'actions.run_id')
    .select(['runs.org', 'runs.org_key', 'runs.project', 'runs.domain', 'runs.name as run', 'actions.name'])
    .where('actions.id', '=', actionId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const run: RunKey = { org: row.org, project: row.project, domain: row.domain, name: row.run };
  return {
    key: { run, name: row.name },
    stored: { org_key: row.org_key, project: row.project, domain: row.domain, name: row.run },
  };
}

/** Everything that is needed to run an action; undefined if it is not there, or is no task. */
export async function readExecutionTask(db: Db, actionId: number): Promise<ExecutionTask | undefined> {
  const place = await readActionKey(db, actionId);
  if (place === undefined) return undefined;
  const row = await db
    .selectFrom('actions')
    .innerJoin('runs', 'runs.id', 'actions.run_id')
    .innerJoin('task_specs', 'task_specs.digest', 'actions.task_spec_digest')
    .select(['runs.run_spec', 'runs.created_at', 'actions.cache_key', 'task_specs.spec'])
    .where('actions.id', '=', actionId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { inputs, input_uri } = await readInputs(db, actionId);
  return {
    actionId,
    ...place,
    runCreatedAt: row.created_at,
    taskSpec: fromBinary(TaskSpecSchema, row.spec),
    runSpec: fromBinary(RunSpecSchema, row.run_spec),
    cacheKey: row.cache_key,
    inputUri: input_uri,
    inputs,
  };
}

/** Whether an action has children that have not ended, of whatever kind. */
export async function hasUnfinishedChildren(db: Db, actionId: number): Promise<boolean> {
  const row = await db
    .selectFrom('actions as parent')
    .innerJoin('actions as child', (join) =>
      join.onRef('child.run_id', '=', 'parent.run_id').onRef('child.parent_action_name', '=', 'parent.name'),
    )
    .select('child.id')
    .where('parent.id', '=', actionId)
    .where('child.end_time', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

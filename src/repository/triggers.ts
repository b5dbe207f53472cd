import { fromBinary } from '@bufbuild/protobuf';
import type { EnrichedIdentity } from '../gen/flyteidl2/common/identity_pb.js';
import {
  type TriggerAutomationSpec,
  TriggerAutomationSpecSchema,
  TriggerAutomationSpecType,
} from '../gen/flyteidl2/task/common_pb.js';
import type { TriggerSpec } from '../gen/flyteidl2/trigger/trigger_definition_pb.js';
import { notFound, unimplemented } from '../runs/errors.ts';
import { quote } from '../runs/names.ts';
import type { Db, Dialect } from './dialects/dialect.ts';
import type { Row } from './schema.ts';

/** A trigger as it is stored. A deleted one stays, so that its revisions go on where they ended when it is deployed again. */
export type TriggerRow = Row<'triggers'>;

/** One revision of a trigger: the trigger as it was after that change. */
export type TriggerRevisionRow = Row<'trigger_revisions'>;

/** A trigger as unique keys name it: `org_key` is empty where organizations are shared. */
export type StoredTriggerKey = Pick<TriggerRow, 'org_key' | 'project' | 'domain' | 'task_name' | 'name'>;

/** What a revision came from. */
export type RevisionAction = 'DEPLOY' | 'ACTIVATE' | 'DEACTIVATE' | 'DELETE';

/** A trigger to deploy, everything checked that can be without the database. */
export interface NewTrigger {
  readonly key: StoredTriggerKey;
  readonly org: string;
  readonly spec: TriggerSpec;
  readonly automation: TriggerAutomationSpec;
  /** Whether it comes with its task, and goes when a later version of the task comes without it. */
  readonly withTask: boolean;
  readonly by: EnrichedIdentity;
}

/** The trigger, or undefined if there is none or it was deleted. */
export async function findTrigger(db: Db, key: StoredTriggerKey): Promise<TriggerRow | undefined> {
  const row = await selectTrigger(db, key).executeTakeFirst();
  return row === undefined || row.deleted === 1 ? undefined : row;
}

/** The trigger, deleted or not, locked against other writers until the transaction ends. */
export async function lockTrigger(
  dialect: Dialect,
  db: Db,
  key: StoredTriggerKey,
): Promise<TriggerRow | undefined> {
  return await selectTrigger(db, key).modifyEnd(dialect.lockClause).executeTakeFirst();
}

/** The trigger, deleted or not, as it was in one of its revisions. */
export async function findTriggerRevision(
  db: Db,
  key: StoredTriggerKey,
  revision: number,
): Promise<{ trigger: TriggerRow; revision: TriggerRevisionRow } | undefined> {
  const trigger = await selectTrigger(db, key).executeTakeFirst();
  if (trigger === undefined) return undefined;
  const found = await db
    .selectFrom('trigger_revisions')
    .selectAll()
    .where('trigger_id', '=', trigger.id)
    .where('revision', '=', revision)
    .executeTakeFirst();
  return found && { trigger, revision: found };
}

/** The error for a trigger that is not there. */
export function triggerNotFound({ project, domain, task_name, name }: StoredTriggerKey) {
  return notFound(
    `there is no trigger ${quote(name)} of task ${quote(task_name)} in ${quote(`${project}/${domain}`)}`,
  );
}

/** The trigger of that key, deleted or not. */
export function selectTrigger(db: Db, key: StoredTriggerKey) {
  return db
    .selectFrom('triggers')
    .selectAll()
    .where('org_key', '=', key.org_key)
    .where('project', '=', key.project)
    .where('domain', '=', key.domain)
    .where('task_name', '=', key.task_name)
    .where('name', '=', key.name);
}

/** Throws unimplemented for an automation that this service can't carry out: it would be active and never fire. */
export function checkActivable(automation: TriggerAutomationSpec, name: string): void {
  if (automation.type !== TriggerAutomationSpecType.TYPE_ARTIFACT) return;
  throw unimplemented(
    `trigger ${quote(name)} waits for an artifact, and this service has none; deploy it inactive and fire it by hand, or give it a schedule`,
  );
}

/** The automation of a stored trigger. */
export function automationOf(row: Pick<TriggerRow, 'automation_spec'>): TriggerAutomationSpec {
  return fromBinary(TriggerAutomationSpecSchema, row.automation_spec);
}

import { equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { EnrichedIdentity } from '../gen/flyteidl2/common/identity_pb.js';
import {
  type TriggerAutomationSpec,
  TriggerAutomationSpecSchema,
  TriggerAutomationSpecType,
} from '../gen/flyteidl2/task/common_pb.js';
import { TriggerMetadataSchema, TriggerSpecSchema } from '../gen/flyteidl2/trigger/trigger_definition_pb.js';
import { DomainError, resourceExhausted } from '../runs/errors.ts';
import type { Instant } from '../runs/instant.ts';
import { quote } from '../runs/names.ts';
import { nextFiring, readSchedule } from '../runs/schedule.ts';
import type { Db, Dialect } from './dialects/dialect.ts';
import type { StoredTaskName } from './tasks.ts';
import {
  automationOf,
  checkActivable,
  lockTrigger,
  type NewTrigger,
  type RevisionAction,
  type StoredTriggerKey,
  type TriggerRow,
  triggerNotFound,
} from './triggers.ts';
import { insertRows, updateRows } from './write/rows.ts';

/** Triggers that one task may have. */
const MAX_PER_TASK = 100;

const CHANGEABLE = [
  'org',
  'revision',
  'task_version',
  'state',
  'deleted',
  'with_task',
  'automation_type',
  'automation_spec',
  'spec',
  'metadata',
  'deployed_at',
  'updated_at',
  'deleted_at',
  'schedule_since',
  'next_fire_at',
] as const;

/**
 * Makes the trigger, or its next revision. With `expected` (not 0) throws aborted unless that is its present revision. A schedule that
 * stays the same goes on as it was: deploying more often than it fires does not put it off.
 */
export async function deployTrigger(
  dialect: Dialect,
  db: Db,
  now: Instant,
  trigger: NewTrigger,
  expected = 0,
): Promise<TriggerRow> {
  const { key, spec, automation, by } = trigger;
  const before = await lockTrigger(dialect, db, key);
  checkRevision(key, before, expected);
  if (before === undefined) await checkRoom(db, { ...key, name: key.task_name });
  const goesOn =
    before?.state === 'ACTIVE' &&
    before.next_fire_at !== null &&
    equals(TriggerAutomationSpecSchema, automationOf(before), automation);
  const plan = goesOn
    ? { schedule_since: before.schedule_since, next_fire_at: before.next_fire_at }
    : planOf(automation, spec.active, now);
  const row: TriggerRow = {
    id: before?.id ?? (await dialect.allocateIds(db, 1))[0] ?? 0,
    org: trigger.org,
    ...key,
    revision: (before?.revision ?? 0) + 1,
    task_version: spec.taskVersion,
    state: spec.active ? 'ACTIVE' : 'INACTIVE',
    deleted: 0,
    with_task: Number(trigger.withTask),
    automation_type: TriggerAutomationSpecType[automation.type] ?? 'TYPE_NONE',
    automation_spec: toBinary(TriggerAutomationSpecSchema, automation),
    spec: toBinary(TriggerSpecSchema, spec),
    metadata: metadataOf(by, by),
    created_at: before?.created_at ?? now,
    deployed_at: now,
    updated_at: now,
    triggered_at: before?.triggered_at ?? null,
    deleted_at: null,
    ...plan,
  };
  if (before === undefined) await insertRows(dialect, db, 'triggers', [row]);
  else await updateRows(dialect, db, 'triggers', CHANGEABLE, [row]);
  await addRevision(dialect, db, row, 'DEPLOY', now);
  return row;
}

/** Activates or deactivates a trigger; one that is in that state already stays as it is. What fell due in between is not made up for. */
export async function setTriggerActive(
  dialect: Dialect,
  db: Db,
  now: Instant,
  key: StoredTriggerKey,
  change: { readonly active: boolean; readonly by: EnrichedIdentity },
): Promise<void> {
  const before = await lockTrigger(dialect, db, key);
  if (before === undefined || before.deleted === 1) throw triggerNotFound(key);
  const state = change.active ? 'ACTIVE' : 'INACTIVE';
  if (before.state === state) return;
  const automation = automationOf(before);
  if (change.active) checkActivable(automation, key.name);
  await changeTrigger(dialect, db, now, before, change.active ? 'ACTIVATE' : 'DEACTIVATE', change.by, {
    state,
    ...planOf(automation, change.active, now),
  });
}

/** Deletes a trigger. One that is deleted already stays so; throws not_found if there never was one. */
export async function deleteTrigger(
  dialect: Dialect,
  db: Db,
  now: Instant,
  key: StoredTriggerKey,
  by: EnrichedIdentity,
): Promise<void> {
  const before = await lockTrigger(dialect, db, key);
  if (before === undefined) throw triggerNotFound(key);
  if (before.deleted === 1) return;
  await changeTrigger(dialect, db, now, before, 'DELETE', by, {
    state: 'INACTIVE',
    deleted: 1,
    deleted_at: now,
    schedule_since: null,
    next_fire_at: null,
  });
}

/** The names of the triggers that came with their task and are still there. */
export async function triggersWithTask(db: Db, task: StoredTaskName): Promise<string[]> {
  const rows = await db
    .selectFrom('triggers')
    .select('name')
    .where('org_key', '=', task.org_key)
    .where('project', '=', task.project)
    .where('domain', '=', task.domain)
    .where('task_name', '=', task.name)
    .where('with_task', '=', 1)
    .where('deleted', '=', 0)
    .orderBy('name')
    .execute();
  return rows.map(({ name }) => name);
}

async function changeTrigger(
  dialect: Dialect,
  db: Db,
  now: Instant,
  before: TriggerRow,
  action: RevisionAction,
  by: EnrichedIdentity,
  change: Partial<TriggerRow>,
): Promise<void> {
  const { deployedBy } = fromBinary(TriggerMetadataSchema, before.metadata);
  const row: TriggerRow = {
    ...before,
    ...change,
    revision: before.revision + 1,
    updated_at: now,
    metadata: metadataOf(deployedBy ?? by, by),
  };
  await updateRows(dialect, db, 'triggers', CHANGEABLE, [row]);
  await addRevision(dialect, db, row, action, now);
}

async function addRevision(
  dialect: Dialect,
  db: Db,
  row: TriggerRow,
  action: RevisionAction,
  now: Instant,
): Promise<void> {
  const { revision, task_version, state, automation_spec, spec, metadata } = row;
  const { deployed_at, updated_at, triggered_at, deleted_at } = row;
  const [id = 0] = await dialect.allocateIds(db, 1);
  await insertRows(dialect, db, 'trigger_revisions', [
    {
      ...{ id, trigger_id: row.id, revision, action, task_version, state, automation_spec, spec, metadata },
      ...{ deployed_at, updated_at, triggered_at, deleted_at, created_at: now },
    },
  ]);
}

/** From when on an active schedule counts, and when it fires first. */
function planOf(
  automation: TriggerAutomationSpec,
  active: boolean,
  now: Instant,
): Pick<TriggerRow, 'schedule_since' | 'next_fire_at'> {
  if (!active || automation.automation.case !== 'schedule')
    return { schedule_since: null, next_fire_at: null };
  const schedule = readSchedule(automation.automation.value, now);
  return { schedule_since: now, next_fire_at: nextFiring(schedule, now, now) ?? null };
}

function metadataOf(deployedBy: EnrichedIdentity, updatedBy: EnrichedIdentity): Uint8Array {
  return toBinary(TriggerMetadataSchema, {
    $typeName: 'flyteidl2.trigger.TriggerMetadata',
    deployedBy,
    updatedBy,
  });
}

function checkRevision(key: StoredTriggerKey, before: TriggerRow | undefined, expected: number): void {
  if (expected === 0 || before?.revision === expected) return;
  if (before === undefined) throw triggerNotFound(key);
  throw new DomainError(
    'aborted',
    `trigger ${quote(key.name)} of task ${quote(key.task_name)} is at revision ${before.revision}, not ${expected}; read it again and decide anew`,
  );
}

async function checkRoom(db: Db, task: StoredTaskName): Promise<void> {
  const { count } = await db
    .selectFrom('triggers')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('org_key', '=', task.org_key)
    .where('project', '=', task.project)
    .where('domain', '=', task.domain)
    .where('task_name', '=', task.name)
    .executeTakeFirstOrThrow();
  if (Number(count) >= MAX_PER_TASK)
    throw resourceExhausted(
      `task ${quote(task.name)} has ${MAX_PER_TASK} triggers already, the most that a task can have`,
    );
}

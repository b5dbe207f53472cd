import { Buffer } from 'node:buffer';
import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { TriggerNameSchema } from '../../gen/flyteidl2/common/identifier_pb.js';
import {
  type TaskIdentifier,
  type TaskSpec,
  TaskSpecSchema,
  type TaskTrigger,
} from '../../gen/flyteidl2/task/task_definition_pb.js';
import {
  type DeployTaskRequest,
  DeployTaskResponseSchema,
} from '../../gen/flyteidl2/task/task_service_pb.js';
import { TriggerSpecSchema } from '../../gen/flyteidl2/trigger/trigger_definition_pb.js';
import type { Db } from '../../repository/dialects/dialect.ts';
import { findTask, insertTask, requireProject, type StoredTaskKey } from '../../repository/tasks.ts';
import type { NewTrigger } from '../../repository/triggers.ts';
import { deleteTrigger, deployTrigger, triggersWithTask } from '../../repository/triggers-write.ts';
import { alreadyExists, invalidArgument } from '../../runs/errors.ts';
import type { Instant } from '../../runs/instant.ts';
import { quote } from '../../runs/names.ts';
import { checkName, checkPlace, checkTaskSpec } from '../run/checks.ts';
import { anonymous } from '../run/deps.ts';
import { storedTaskKey } from '../run/resolve-task.ts';
import { newTrigger } from '../trigger/checks.ts';
import type { TriggerDeps } from '../trigger/deps.ts';

const MAX_TRIGGERS = 100;

/**
 * TaskService.DeployTask: a version of a task with its triggers, all or nothing. A version never changes: ALREADY_EXISTS for one that is
 * there, whatever the request brings. Where a request has triggers, they replace those that came with earlier versions.
 */
export function deployTask(deps: TriggerDeps) {
  return async ({ taskId, spec, triggers }: DeployTaskRequest) => {
    if (taskId === undefined) throw invalidArgument('task_id must be set');
    checkPlace(taskId, deps.domains);
    checkName(taskId.name, 'task_id.name');
    checkName(taskId.version, 'task_id.version');
    checkTaskSpec(spec, 'spec');
    const key = storedTaskKey(deps.organizations, taskId);
    const wanted = newTriggers(deps, taskId, spec, triggers);
    await deps.writer.exclusive(async (db, unit) => {
      const { now } = unit();
      await requireProject(db, now, { ...key, org: taskId.org, id: key.project }, deps.autoCreateProjects);
      await refuseExisting(db, key, spec);
      await insertTask(deps.dialect, db, now, { id: taskId, key, spec, by: anonymous });
      await replaceTriggers(deps, db, now, key, wanted);
      return { result: undefined, flushed: [] };
    });
    if (wanted.length > 0) deps.onTriggersChanged();
    return create(DeployTaskResponseSchema);
  };
}

function newTriggers(
  deps: TriggerDeps,
  task: TaskIdentifier,
  spec: TaskSpec,
  triggers: readonly TaskTrigger[],
): NewTrigger[] {
  if (triggers.length > MAX_TRIGGERS)
    throw invalidArgument(`triggers has ${triggers.length} entries; at most ${MAX_TRIGGERS} are allowed`);
  const names = new Set<string>();
  return triggers.map(({ name, spec: given, automationSpec: automation }) => {
    if (names.has(name)) throw invalidArgument(`triggers has ${quote(name)} twice; names must differ`);
    names.add(name);
    if (given === undefined) throw invalidArgument(`trigger ${quote(name)}: spec must be set`);
    const { org, project, domain, name: taskName, version: taskVersion } = task;
    const triggerName = create(TriggerNameSchema, { org, project, domain, name, taskName });
    const { active, inputWrapper, runSpec, description } = given;
    const triggerSpec = create(TriggerSpecSchema, {
      ...{ active, inputWrapper, description, taskVersion },
      ...(runSpec ? { runSpec } : {}),
    });
    return newTrigger(deps, { name: triggerName, spec: triggerSpec, automation, withTask: true }, spec);
  });
}

async function refuseExisting(db: Db, key: StoredTaskKey, spec: TaskSpec): Promise<void> {
  const existing = await findTask(db, key);
  if (existing === undefined) return;
  const what = `task ${quote(key.name)} is deployed already in version ${quote(key.version)}`;
  throw alreadyExists(
    sameSpec(existing.spec, spec)
      ? `${what}, with the same spec`
      : `${what}, with another spec; a version never changes, so deploy this one as another version`,
  );
}

/** Maps may stand in any order on the wire. */
function sameSpec(stored: Uint8Array, spec: TaskSpec): boolean {
  return (
    Buffer.compare(stored, toBinary(TaskSpecSchema, spec)) === 0 ||
    equals(TaskSpecSchema, fromBinary(TaskSpecSchema, stored), spec)
  );
}

async function replaceTriggers(
  { dialect }: TriggerDeps,
  db: Db,
  now: Instant,
  key: StoredTaskKey,
  wanted: readonly NewTrigger[],
): Promise<void> {
  if (wanted.length === 0) return;
  const kept = new Set(wanted.map((trigger) => trigger.key.name));
  for (const name of await triggersWithTask(db, key)) {
    if (!kept.has(name))
      await deleteTrigger(dialect, db, now, { ...key, task_name: key.name, name }, anonymous);
  }
  for (const trigger of wanted) await deployTrigger(dialect, db, now, trigger);
}

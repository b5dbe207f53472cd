import { toBinary } from '@bufbuild/protobuf';
import type { EnrichedIdentity } from '../gen/flyteidl2/common/identity_pb.js';
import {
  type TaskIdentifier,
  TaskMetadataSchema,
  type TaskSpec,
} from '../gen/flyteidl2/task/task_definition_pb.js';
import { taskSpecRecord } from '../runs/action-spec.ts';
import { failedPrecondition, notFound } from '../runs/errors.ts';
import { type Instant, timestampOf } from '../runs/instant.ts';
import { quote } from '../runs/names.ts';
import type { Db, Dialect } from './dialects/dialect.ts';
import { findProject, insertProject, type ProjectKey } from './projects.ts';
import type { Row } from './schema.ts';
import { subjectOf } from './write/commands/create-run.ts';
import { insertRows } from './write/rows.ts';

/** One version of a task as it is stored. */
export type TaskRow = Row<'tasks'>;

/** A task as unique keys name it: `org_key` is empty where organizations are shared. */
export type StoredTaskName = Pick<TaskRow, 'org_key' | 'project' | 'domain' | 'name'>;

/** One version of a task as unique keys name it. */
export type StoredTaskKey = StoredTaskName & Pick<TaskRow, 'version'>;

/** A deployed task with its spec as wire bytes of `TaskSpec`. */
export type StoredTask = TaskRow & { readonly spec: Uint8Array };

/** A task to deploy, everything checked that can be without the database. */
export interface NewTask {
  readonly id: TaskIdentifier;
  readonly key: StoredTaskKey;
  readonly spec: TaskSpec;
  readonly by: EnrichedIdentity;
}

const ARCHIVED = new Set([1, 3]);

/** One version of a task with its spec, or undefined. */
export async function findTask(db: Db, key: StoredTaskKey): Promise<StoredTask | undefined> {
  return await db
    .selectFrom('tasks')
    .innerJoin('task_specs', 'task_specs.digest', 'tasks.spec_digest')
    .selectAll('tasks')
    .select('task_specs.spec')
    .where('tasks.org_key', '=', key.org_key)
    .where('tasks.project', '=', key.project)
    .where('tasks.domain', '=', key.domain)
    .where('tasks.name', '=', key.name)
    .where('tasks.version', '=', key.version)
    .executeTakeFirst();
}

/** Throws not_found unless this version of the task is deployed; the sentence says whether another one is. */
export async function requireTaskVersion(db: Db, task: StoredTaskName, version: string): Promise<void> {
  const found = await db
    .selectFrom('tasks')
    .select('id')
    .where('org_key', '=', task.org_key)
    .where('project', '=', task.project)
    .where('domain', '=', task.domain)
    .where('name', '=', task.name)
    .where('version', '=', version)
    .executeTakeFirst();
  if (found !== undefined) return;
  const other = await db
    .selectFrom('tasks')
    .select('id')
    .where('org_key', '=', task.org_key)
    .where('project', '=', task.project)
    .where('domain', '=', task.domain)
    .where('name', '=', task.name)
    .limit(1)
    .executeTakeFirst();
  throw notFound(
    other
      ? `task ${quote(task.name)} has no version ${quote(version)}; deploy it first`
      : `there is no task ${quote(task.name)} in ${quote(`${task.project}/${task.domain}`)}; deploy it first`,
  );
}

/**
 * Adds a version of a task, which becomes the latest one. The caller has looked that there is none of this version; if another
 * transaction makes it at the same time, a unique constraint undoes this one.
 */
export async function insertTask(dialect: Dialect, db: Db, now: Instant, task: NewTask): Promise<void> {
  const { id, key, spec, by } = task;
  const record = taskSpecRecord(spec, id);
  if (record.taskSpec === undefined) throw new Error('a task has a spec');
  const { digest, bytes } = record.taskSpec;
  await insertRows(dialect, db, 'task_specs', [{ digest, spec: bytes }], { ignoreConflicts: true });
  await db
    .updateTable('tasks')
    .set({ latest: 0 })
    .where('org_key', '=', key.org_key)
    .where('project', '=', key.project)
    .where('domain', '=', key.domain)
    .where('name', '=', key.name)
    .where('latest', '=', 1)
    .execute();
  const [rowId = 0] = await dialect.allocateIds(db, 1);
  const row: TaskRow = {
    id: rowId,
    org: id.org,
    ...key,
    short_name: record.functionName,
    environment_name: record.environmentName,
    entrypoint: Number(spec.taskTemplate?.metadata?.isEntrypoint ?? false),
    latest: 1,
    spec_digest: digest,
    metadata: toBinary(TaskMetadataSchema, {
      $typeName: 'flyteidl2.task.TaskMetadata',
      deployedBy: by,
      shortName: record.functionName,
      deployedAt: timestampOf(now),
      environmentName: record.environmentName,
      shortDescription: spec.documentation?.shortDescription ?? '',
    }),
    deployed_by: subjectOf(by) ?? '',
    created_at: now,
  };
  await insertRows(dialect, db, 'tasks', [row]);
}

/** Makes sure that the project takes deployments: makes it where that is allowed, else throws not_found; failed_precondition if archived. */
export async function requireProject(
  db: Db,
  now: Instant,
  project: ProjectKey & { readonly org: string },
  autoCreate: boolean,
): Promise<void> {
  const found = await findProject(db, project);
  if (found !== undefined) {
    if (ARCHIVED.has(found.state))
      throw failedPrecondition(`project ${quote(project.id)} is archived; activate it to deploy to it`);
    return;
  }
  if (!autoCreate) {
    throw notFound(`there is no project ${quote(project.id)}; create it with ProjectService.CreateProject`);
  }
  const { org_key, org, id } = project;
  const times = { created_at: now, updated_at: now };
  await insertProject(db, { org_key, org, id, name: id, description: '', labels: '{}', state: 0, ...times });
}

import { create, fromBinary } from '@bufbuild/protobuf';
import {
  type Action,
  ActionSchema,
  type EnqueueRequest,
  EnqueueRequestSchema,
} from '../gen/flyteidl2/actions/actions_service_pb.js';
import { RunSpecSchema } from '../gen/flyteidl2/task/run_pb.js';
import { type TaskIdentifier, TaskSpecSchema } from '../gen/flyteidl2/task/task_definition_pb.js';
import { ActionMetadataSchema, ConditionActionSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { runBaseUri } from '../executor/prepare.ts';
import type { Db } from '../repository/dialects/dialect.ts';
import { type ActionPlaceKey, readActionKey } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import { isTerminal, type Phase } from '../runs/phase.ts';
import { storeInputs } from '../storage/inline-inputs.ts';
import type { Storage } from '../storage/storage.ts';

/** What making a request reads. */
export interface EnqueueSource {
  readonly reader: Db;
  readonly storage: Pick<Storage, 'resolve' | 'nativeUrl' | 'write'>;
}

/** An action to hand over: the request, and who it is about. */
export interface EnqueueMessage {
  readonly place: ActionPlaceKey;
  readonly parent: string;
  readonly request: EnqueueRequest;
}

/**
 * The request that hands an action over, as it stands now; undefined if it has ended meanwhile, or is not there any more: then there is
 * nothing to execute. Inline inputs are put into the storage, because the request can only name a file.
 */
export async function enqueueRequest(
  source: EnqueueSource,
  actionId: number,
): Promise<EnqueueMessage | undefined> {
  const { reader, storage } = source;
  const place = await readActionKey(reader, actionId);
  if (place === undefined) return undefined;
  const row = await reader
    .selectFrom('actions')
    .innerJoin('runs', 'runs.id', 'actions.run_id')
    .leftJoin('task_specs', 'task_specs.digest', 'actions.task_spec_digest')
    .leftJoin('action_inputs', 'action_inputs.action_id', 'actions.id')
    .selectAll('actions')
    .select(['runs.run_spec', 'runs.created_at as run_created_at', 'task_specs.spec', 'action_inputs.inputs'])
    .where('actions.id', '=', actionId)
    .executeTakeFirstOrThrow();
  if (isTerminal(row.phase as Phase)) return undefined;
  const runSpec = fromBinary(RunSpecSchema, row.run_spec);
  const action = create(ActionSchema, {
    actionId: { run: place.key.run, name: row.name },
    ...(row.parent_action_name === null ? {} : { parentActionName: row.parent_action_name }),
    inputUri: row.input_uri ?? (await storeInputs(storage, row.inputs ?? new Uint8Array())),
    runOutputBase: runBaseUri(storage, { ...place, runSpec, runCreatedAt: row.run_created_at }),
    group: row.group_name,
    subject: row.created_by_principal ?? '',
    spec: actionSpec(row),
  });
  return {
    place,
    parent: row.parent_action_name ?? '',
    request: create(EnqueueRequestSchema, { action, runSpec }),
  };
}

function isWhole(id: TaskIdentifier | undefined): id is TaskIdentifier {
  return (
    id !== undefined && [id.org, id.project, id.domain, id.name, id.version].every((part) => part !== '')
  );
}

/** What an action is, as requests say it. */
export function actionSpec(
  row: Pick<Row<'actions'>, 'condition_spec' | 'cache_key' | 'metadata'> & { spec: Uint8Array | null },
): Action['spec'] {
  if (row.condition_spec !== null) {
    return { case: 'condition', value: fromBinary(ConditionActionSchema, row.condition_spec) };
  }
  if (row.spec === null) return { case: undefined };
  const { spec } = fromBinary(ActionMetadataSchema, row.metadata);
  const task = spec.case === 'task' ? spec.value : undefined;
  return {
    case: 'task',
    value: {
      $typeName: 'flyteidl2.workflow.TaskAction',
      // One that is not whole says no more than the template in the spec, and would be refused.
      ...(isWhole(task?.id) ? { id: task.id } : {}),
      spec: fromBinary(TaskSpecSchema, row.spec),
      ...(row.cache_key === null ? {} : { cacheKey: row.cache_key }),
      queue: task?.queue ?? '',
    },
  };
}

import { Buffer } from 'node:buffer';
import { clone, create, toBinary } from '@bufbuild/protobuf';
import type { EnrichedIdentity } from '../gen/flyteidl2/common/identity_pb.js';
import type { TaskIdentifier, TaskSpec } from '../gen/flyteidl2/task/task_definition_pb.js';
import { TaskIdentifierSchema, TraceSpecSchema } from '../gen/flyteidl2/task/task_definition_pb.js';
import {
  type ActionMetadata,
  ActionMetadataSchema,
  ActionType,
  type ConditionAction,
  ConditionActionSchema,
  type TraceAction,
} from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { sameValue, type TaskSpecBytes, taskSpecBytes } from './task-spec-bytes.ts';
import { type TaskTimes, taskTimes, userRetries } from './execution-limits.ts';

/** Everything that an action's row says about what it is, apart from its place in the run. */
export interface ActionSpecRecord {
  readonly actionType: 'TASK' | 'TRACE' | 'CONDITION';
  /** The task's identity, for tasks. */
  readonly taskId: TaskIdentifier | undefined;
  /** What people call it: the task's short name, or the name of the trace or condition. */
  readonly functionName: string;
  readonly environmentName: string;
  /** 1 and the task's retries. */
  readonly maxAttempts: number;
  /** Whether the task says what is to run (a container, a pod, a query); one that does not can only be reported by somebody else. */
  readonly hasTarget?: boolean | undefined;
  /** Whether a task wants equal ones to run one after the other, so that the result of the first serves the others. */
  readonly serializesCache?: boolean | undefined;
  /** The bounds in time that a task sets itself. */
  readonly times?: TaskTimes | undefined;
  /** The task's spec as wire bytes with their digest; the same spec is kept once. */
  readonly taskSpec: TaskSpecBytes | undefined;
  readonly traceSpec: Uint8Array | undefined;
  readonly conditionSpec: Uint8Array | undefined;
  /** The spec's part of the metadata that lists and watches answer. */
  readonly metadata: ActionMetadata['spec'];
}

interface KnownRecord {
  readonly id: TaskIdentifier | undefined;
  readonly queue: string;
  readonly record: ActionSpecRecord;
}

/** Of each spec that nobody can change what it said last: actions that a run maps a task over differ in nothing of it. */
const known = new WeakMap<TaskSpec, KnownRecord>();

/** What a task's row says. Without `id`, the identity in the task's template counts. */
export function taskSpecRecord(spec: TaskSpec, id?: TaskIdentifier, queue = ''): ActionSpecRecord {
  if (!Object.isFrozen(spec)) return readTaskSpec(spec, id, queue);
  const last = known.get(spec);
  if (last !== undefined && last.queue === queue && sameValue(last.id, id)) return last.record;
  const record = readTaskSpec(spec, id, queue);
  known.set(spec, { id: id && clone(TaskIdentifierSchema, id), queue, record });
  return record;
}

function readTaskSpec(spec: TaskSpec, id: TaskIdentifier | undefined, queue: string): ActionSpecRecord {
  const template = spec.taskTemplate;
  const taskId = id?.name ? clone(TaskIdentifierSchema, id) : create(TaskIdentifierSchema, templateId(spec));
  const shortName = spec.shortName || lastSegment(taskId.name);
  return {
    actionType: 'TASK',
    taskId,
    functionName: shortName,
    environmentName: spec.environment?.name ?? '',
    maxAttempts: 1 + userRetries(spec),
    hasTarget: template?.target.case !== undefined,
    serializesCache: template?.metadata?.cacheSerializable === true,
    times: taskTimes(spec),
    taskSpec: taskSpecBytes(spec),
    traceSpec: undefined,
    conditionSpec: undefined,
    metadata: {
      case: 'task',
      value: {
        $typeName: 'flyteidl2.workflow.TaskActionMetadata',
        id: taskId,
        taskType: template?.type ?? '',
        shortName,
        ...(queue === '' ? {} : { queue }),
      },
    },
  };
}

/** What a trace's row says. */
export function traceRecord(trace: TraceAction): ActionSpecRecord {
  return {
    actionType: 'TRACE',
    taskId: undefined,
    functionName: trace.name,
    environmentName: '',
    maxAttempts: 1,
    taskSpec: undefined,
    traceSpec: trace.spec ? toBinary(TraceSpecSchema, trace.spec) : new Uint8Array(),
    conditionSpec: undefined,
    metadata: {
      case: 'trace',
      value: { $typeName: 'flyteidl2.workflow.TraceActionMetadata', name: trace.name },
    },
  };
}

/** What a condition's row says. */
export function conditionRecord(condition: ConditionAction): ActionSpecRecord {
  return {
    actionType: 'CONDITION',
    taskId: undefined,
    functionName: condition.name,
    environmentName: '',
    maxAttempts: 1,
    taskSpec: undefined,
    traceSpec: undefined,
    conditionSpec: toBinary(ConditionActionSchema, condition),
    metadata: {
      case: 'condition',
      value: {
        $typeName: 'flyteidl2.workflow.ConditionActionMetadata',
        name: condition.name,
        ...(condition.type ? { type: condition.type } : {}),
      },
    },
  };
}

/** The metadata that lists and watches answer for an action; it never changes after the action was made. */
export function actionMetadata(
  spec: ActionSpecRecord,
  place: { parent: string; group: string; executedBy?: EnrichedIdentity | undefined },
  more: Partial<
    Pick<
      ActionMetadata,
      'source' | 'relation' | 'recoveredFrom' | 'triggerId' | 'triggerName' | 'triggerType'
    >
  > = {},
): Uint8Array {
  const metadata = create(ActionMetadataSchema);
  Object.assign(metadata, more);
  metadata.parent = place.parent;
  metadata.group = place.group;
  if (place.executedBy) metadata.executedBy = place.executedBy;
  // Messages are merged by joining their bytes.
  return Buffer.concat([toBinary(ActionMetadataSchema, metadata), specMetadata(spec)]);
}

const specBytes = new WeakMap<ActionSpecRecord, Uint8Array>();

/** The part of the metadata that a spec says alone. */
function specMetadata(spec: ActionSpecRecord): Uint8Array {
  let bytes = specBytes.get(spec);
  if (bytes === undefined) {
    const metadata = create(ActionMetadataSchema, {
      spec: spec.metadata,
      actionType: ActionType[spec.actionType],
      environmentName: spec.environmentName,
      funtionName: spec.functionName,
    });
    bytes = toBinary(ActionMetadataSchema, metadata);
    specBytes.set(spec, bytes);
  }
  return bytes;
}

function templateId(spec: TaskSpec) {
  const id = spec.taskTemplate?.id;
  return {
    org: id?.org ?? '',
    project: id?.project ?? '',
    domain: id?.domain ?? '',
    name: id?.name ?? '',
    version: id?.version ?? '',
  };
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

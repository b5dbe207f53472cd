import { toBinary } from '@bufbuild/protobuf';
import { EnrichedIdentitySchema } from '../../gen/flyteidl2/common/identity_pb.js';
import { LiteralSchema } from '../../gen/flyteidl2/core/literals_pb.js';
import type {
  RecordActionRequest,
  UpdateActionStatusRequest,
} from '../../gen/flyteidl2/workflow/internal_run_service_pb.js';
import type {
  ActionEvent,
  ActionStatus,
  TaskAction,
  TraceAction,
} from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import type { RunKind } from '../../repository/write/commands/find.ts';
import { type NewAction, traceEvent } from '../../repository/write/commands/record-action.ts';
import type { RecordedEvent } from '../../repository/write/commands/record-events.ts';
import type { StatusUpdate } from '../../repository/write/commands/update-status.ts';
import { conditionRecord, taskSpecRecord, traceRecord } from '../../runs/action-spec.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { readClusterEvents, readEvent } from '../../runs/event.ts';
import { type Instant, instantFromTimestamp } from '../../runs/instant.ts';
import { isTerminal, phaseFromNumber } from '../../runs/phase.ts';
import type { AttemptEvent } from '../../runs/records.ts';
import { checkPlainText } from '../../runs/names.ts';
import { checkName, checkTaskSpec, checkUri } from '../run/checks.ts';
import { namedAction, type RunDeps } from '../run/deps.ts';

/** Reads a `RecordActionRequest`. Throws invalid_argument with the field to change. */
export function readRecordAction(deps: RunDeps, request: RecordActionRequest): NewAction {
  const named = namedAction(deps, 'RUN', request.actionId);
  checkName(named.key.name, 'action_id.name');
  checkName(request.parent, 'parent');
  checkName(request.group, 'group');
  checkName(request.subject, 'subject');
  checkUri(request.inputUri, 'input_uri');
  return {
    ...named,
    parent: request.parent,
    group: request.group,
    subject: request.subject,
    inputUri: request.inputUri,
    recoveredFrom: request.recoveredFrom,
    ...readSpec(deps.clock(), request.spec),
  };
}

/** What an action is, from the `spec` of a request. */
export function readSpec(
  now: Instant,
  spec: RecordActionRequest['spec'],
): Pick<NewAction, 'spec' | 'cacheKey' | 'event' | 'since'> {
  switch (spec.case) {
    case 'task':
      return readTask(spec.value);
    case 'trace':
      return readTrace(now, spec.value);
    case 'condition':
      checkName(spec.value.name, 'condition.name');
      return { spec: conditionRecord(spec.value) };
    default:
      throw invalidArgument('spec must be set: task, trace or condition');
  }
}

function readTask(task: TaskAction): Pick<NewAction, 'spec' | 'cacheKey'> {
  checkTaskSpec(task.spec, 'task.spec');
  const cacheKey = task.cacheKey;
  if (cacheKey !== undefined) checkName(cacheKey, 'task.cache_key');
  return { spec: taskSpecRecord(task.spec, task.id, task.queue), cacheKey };
}

function readTrace(now: Instant, trace: TraceAction): Pick<NewAction, 'spec' | 'event' | 'since'> {
  checkName(trace.name, 'trace.name');
  checkPlainText(trace.outputs?.outputUri ?? '', 'trace.outputs.output_uri');
  return { spec: traceRecord(trace), ...traceEvent(trace, now) };
}

/** Reads an `ActionEvent`. Throws invalid_argument with the field to change. */
export function readActionEvent(
  deps: Pick<RunDeps, 'organizations' | 'clock'>,
  kind: RunKind,
  event: ActionEvent | undefined,
): RecordedEvent {
  if (event === undefined) throw invalidArgument('event must be set');
  checkName(event.cluster, 'event.cluster');
  checkPlainText(event.outputs?.outputUri ?? '', 'event.outputs.output_uri');
  const clusterEvents = readClusterEvents(event, deps.clock);
  const { key, stored } = namedAction(deps, kind, event.id);
  return { key, stored, kind, event: readEvent(event, deps.clock), clusterEvents };
}

/** Reads an `UpdateActionStatusRequest`. Throws invalid_argument with the field to change. */
export function readStatusUpdate(deps: RunDeps, request: UpdateActionStatusRequest): StatusUpdate {
  const named = namedAction(deps, 'RUN', request.actionId);
  if (request.status === undefined) throw invalidArgument('status must be set');
  return {
    ...named,
    ...readStatus(request.status, deps.clock()),
    output: request.output && toBinary(LiteralSchema, request.output),
    principal: request.principal && toBinary(EnrichedIdentitySchema, request.principal),
    abortReason: request.abortReason?.replaceAll('\u0000', '').slice(0, 10_000),
  };
}

/** An `ActionStatus` as an event of the attempt that it counts up to. */
export function readStatus(
  status: ActionStatus,
  now: Instant,
): { event: AttemptEvent; durationMs: number | undefined } {
  const phase = phaseFromNumber(status.phase);
  if (phase === undefined) throw invalidArgument(`status.phase ${status.phase} is not a phase of an action`);
  if (status.attempts === 0) throw invalidArgument('status.attempts must be at least 1');
  const endTime = status.endTime && instantFromTimestamp(status.endTime, 'status.end_time');
  return {
    durationMs: status.durationMs === undefined ? undefined : safeMillis(status.durationMs),
    event: {
      attempt: status.attempts,
      phase,
      version: 0,
      time: isTerminal(phase) ? (endTime ?? now) : now,
      endTime,
      fields: status.cacheStatus === 0 ? {} : { cache_status: status.cacheStatus },
    },
  };
}

function safeMillis(millis: bigint): number {
  if (millis > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalidArgument('status.duration_ms must be below 2^53');
  return Number(millis);
}

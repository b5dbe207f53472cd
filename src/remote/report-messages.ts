import { create, fromBinary } from '@bufbuild/protobuf';
import { type ActionIdentifier, ActionIdentifierSchema } from '../gen/flyteidl2/common/identifier_pb.js';
import { EnrichedIdentitySchema } from '../gen/flyteidl2/common/identity_pb.js';
import { LiteralSchema } from '../gen/flyteidl2/core/literals_pb.js';
import { TraceSpecSchema } from '../gen/flyteidl2/task/task_definition_pb.js';
import {
  type RecordActionRequest,
  RecordActionRequestSchema,
  type UpdateActionStatusRequest,
  UpdateActionStatusRequestSchema,
} from '../gen/flyteidl2/workflow/internal_run_service_pb.js';
import {
  type ActionAttempt,
  type ActionEvent,
  ActionEventSchema,
  ActionMetadataSchema,
} from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { readAttempts } from '../repository/read/attempts.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { readActionKey } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import { timestampOf } from '../runs/instant.ts';
import { isTerminal, type Phase, phaseNumber } from '../runs/phase.ts';
import { actionSpec } from './enqueue-request.ts';

/** What the runs service is told of an action. */
export interface ActionReport {
  /** Says that it exists. */
  readonly record: RecordActionRequest;
  /** The newest attempt first: so the failure of an earlier one is never taken for the action's end. */
  readonly events: readonly ActionEvent[];
  /** How it ended; undefined while it has not. */
  readonly end: UpdateActionStatusRequest | undefined;
}

type ActionRow = Row<'actions'> & { spec: Uint8Array | null };

/** The action as it stands now; undefined if it is not there any more. */
export async function actionReport(dialect: Dialect, actionId: number): Promise<ActionReport | undefined> {
  const db = dialect.reader;
  const place = await readActionKey(db, actionId);
  if (place === undefined) return undefined;
  // The row before its attempts: what it says of its end they say too.
  const row = await db
    .selectFrom('actions')
    .leftJoin('task_specs', 'task_specs.digest', 'actions.task_spec_digest')
    .selectAll('actions')
    .select('task_specs.spec')
    .where('actions.id', '=', actionId)
    .executeTakeFirstOrThrow();
  const attempts = (await readAttempts(dialect, db, actionId)).reverse();
  const id = create(ActionIdentifierSchema, { run: place.key.run, name: row.name });
  return {
    record: recordRequest(id, row, attempts[0]),
    events: attempts.flatMap((attempt) => attemptEvents(id, attempt)),
    end: isTerminal(row.phase as Phase) ? statusRequest(id, row) : undefined,
  };
}

function recordRequest(
  actionId: ActionIdentifier,
  row: ActionRow,
  attempt: ActionAttempt | undefined,
): RecordActionRequest {
  const { recoveredFrom } = fromBinary(ActionMetadataSchema, row.metadata);
  return create(RecordActionRequestSchema, {
    actionId,
    parent: row.parent_action_name ?? '',
    group: row.group_name,
    subject: row.created_by_principal ?? '',
    inputUri: row.input_uri ?? '',
    spec: row.trace_spec === null ? actionSpec(row) : { case: 'trace', value: traceOf(row, attempt) },
    ...(recoveredFrom ? { recoveredFrom } : {}),
  });
}

function traceOf(row: ActionRow, attempt: ActionAttempt | undefined) {
  return {
    $typeName: 'flyteidl2.workflow.TraceAction' as const,
    name: row.function_name,
    phase: phaseNumber(row.phase as Phase),
    startTime: timestampOf(row.start_time),
    ...(row.end_time === null ? {} : { endTime: timestampOf(row.end_time) }),
    ...(attempt?.outputs ? { outputs: attempt.outputs } : {}),
    spec: fromBinary(TraceSpecSchema, row.trace_spec ?? new Uint8Array()),
  };
}

/** An event for each phase that the attempt went through; the last one carries everything else that is known of it. */
function attemptEvents(id: ActionIdentifier, attempt: ActionAttempt): ActionEvent[] {
  const { phaseTransitions } = attempt;
  return phaseTransitions.map((transition, i) => {
    const isLast = i === phaseTransitions.length - 1;
    return create(ActionEventSchema, {
      id,
      attempt: attempt.attempt,
      phase: transition.phase,
      ...(transition.startTime ? { updatedTime: transition.startTime } : {}),
      ...(isLast ? lastFields(attempt) : {}),
    });
  });
}

function lastFields(attempt: ActionAttempt) {
  const { endTime, errorInfo, outputs, logContext, cacheMetadata } = attempt;
  return {
    logInfo: attempt.logInfo,
    cluster: attempt.cluster,
    cacheStatus: attempt.cacheStatus,
    clusterEvents: attempt.clusterEvents,
    ...(endTime ? { endTime } : {}),
    ...(errorInfo ? { errorInfo } : {}),
    ...(outputs ? { outputs } : {}),
    ...(logContext ? { logContext } : {}),
    ...(cacheMetadata ? { cacheMetadata } : {}),
  };
}

function statusRequest(actionId: ActionIdentifier, row: ActionRow): UpdateActionStatusRequest {
  const by = row.signalled_by ?? row.aborted_by;
  return create(UpdateActionStatusRequestSchema, {
    actionId,
    status: {
      phase: phaseNumber(row.phase as Phase),
      startTime: timestampOf(row.start_time),
      ...(row.end_time === null ? {} : { endTime: timestampOf(row.end_time) }),
      attempts: row.attempts,
      cacheStatus: row.cache_status,
      ...(row.duration_ms === null ? {} : { durationMs: BigInt(row.duration_ms) }),
    },
    ...(row.output === null ? {} : { output: fromBinary(LiteralSchema, row.output) }),
    ...(by === null ? {} : { principal: fromBinary(EnrichedIdentitySchema, by) }),
    ...(row.abort_reason === null ? {} : { abortReason: row.abort_reason }),
  });
}

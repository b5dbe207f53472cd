import { create, fromBinary } from '@bufbuild/protobuf';
import { CacheMetadataSchema } from '../../gen/flyteidl2/common/cache_pb.js';
import { LogContextSchema } from '../../gen/flyteidl2/core/execution_pb.js';
import { OutputReferencesSchema } from '../../gen/flyteidl2/task/common_pb.js';
import {
  type ActionAttempt,
  ActionAttemptSchema,
  type ClusterEvent,
  ClusterEventSchema,
  ErrorInfoSchema,
  type PhaseTransition,
  PhaseTransitionSchema,
} from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import { timestampOf } from '../../runs/instant.ts';
import { type Phase, phaseNumber, phaseRank } from '../../runs/phase.ts';
import type { Db } from '../dialects/dialect.ts';
import type { Row } from '../schema.ts';

/** All attempts of an action in the order of their numbers, each with its transitions and cluster events in the order of time. */
export async function readAttempts(db: Db, actionId: number): Promise<ActionAttempt[]> {
  const attempts = await db
    .selectFrom('action_attempts')
    .selectAll()
    .where('action_id', '=', actionId)
    .orderBy('attempt_number')
    .execute();
  const transitions = await db
    .selectFrom('phase_transitions')
    .innerJoin('action_attempts', 'action_attempts.id', 'phase_transitions.attempt_id')
    .selectAll('phase_transitions')
    .where('action_attempts.action_id', '=', actionId)
    .execute();
  const events = await db
    .selectFrom('cluster_events')
    .innerJoin('action_attempts', 'action_attempts.id', 'cluster_events.attempt_id')
    .select(['cluster_events.id', 'cluster_events.attempt_id', 'cluster_events.event'])
    .where('action_attempts.action_id', '=', actionId)
    .orderBy('cluster_events.occurred_at')
    .orderBy('cluster_events.id')
    .execute();
  const transitionsOf = Map.groupBy(transitions, (row) => row.attempt_id);
  const eventsOf = Map.groupBy(events, (row) => row.attempt_id);
  return attempts.map((row) =>
    attemptMessage(
      row,
      (transitionsOf.get(row.id) ?? [])
        .sort((a, b) => phaseRank(a.phase as Phase) - phaseRank(b.phase as Phase))
        .map(transitionMessage),
      (eventsOf.get(row.id) ?? []).map(({ event }) => fromBinary(ClusterEventSchema, event)),
    ),
  );
}

function attemptMessage(
  row: Row<'action_attempts'>,
  phaseTransitions: PhaseTransition[],
  clusterEvents: ClusterEvent[],
): ActionAttempt {
  const logInfo = row.log_info === null ? [] : fromBinary(ActionAttemptSchema, row.log_info).logInfo;
  return create(ActionAttemptSchema, {
    phase: phaseNumber(row.phase as Phase),
    startTime: timestampOf(row.start_time),
    ...(row.end_time === null ? {} : { endTime: timestampOf(row.end_time) }),
    ...(row.error_info === null ? {} : { errorInfo: fromBinary(ErrorInfoSchema, row.error_info) }),
    attempt: row.attempt_number,
    logInfo,
    ...(row.outputs === null ? {} : { outputs: fromBinary(OutputReferencesSchema, row.outputs) }),
    logsAvailable: logInfo.length > 0 || row.log_context !== null,
    cacheStatus: row.cache_status,
    clusterEvents,
    phaseTransitions,
    cluster: row.cluster,
    ...(row.log_context === null ? {} : { logContext: fromBinary(LogContextSchema, row.log_context) }),
    ...(row.cache_metadata === null
      ? {}
      : { cacheMetadata: fromBinary(CacheMetadataSchema, row.cache_metadata) }),
  });
}

function transitionMessage(row: Row<'phase_transitions'>): PhaseTransition {
  return create(PhaseTransitionSchema, {
    phase: phaseNumber(row.phase as Phase),
    startTime: timestampOf(row.start_time),
    ...(row.end_time === null ? {} : { endTime: timestampOf(row.end_time) }),
  });
}

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
import type { Db, Dialect, ListColumn } from '../dialects/dialect.ts';
import { runSteps, type Step } from '../dialects/steps.ts';
import type { Row } from '../schema.ts';
import { shape } from '../write/rows.ts';

const ACTION_IDS: readonly ListColumn[] = [{ name: 'id', kind: 'int' }];

/** What of those actions is read by a statement that selects from `list`, the actions' ids as `u`. */
export function stepOfActions(
  dialect: Dialect,
  name: string,
  ids: readonly number[],
  text: (list: string) => string,
): Step {
  const found = shape(dialect, name, () => ({
    columns: ACTION_IDS,
    text: text(dialect.texts.list(ACTION_IDS)),
  }));
  return { ...found, rows: ids.map((id) => ({ id })), listed: true };
}

/** Reads the attempts of those actions, with their histories; `attemptsOf` takes the answers. */
export function attemptSteps(dialect: Dialect, ids: readonly number[]): Step[] {
  const from = (list: string) => `${list} join action_attempts as t on t.action_id = u.id`;
  return [
    stepOfActions(
      dialect,
      'read attempts',
      ids,
      (list) => `select t.* from ${from(list)} order by t.action_id, t.attempt_number`,
    ),
    stepOfActions(
      dialect,
      'read transitions',
      ids,
      (list) => `select p.* from ${from(list)} join phase_transitions as p on p.attempt_id = t.id`,
    ),
    stepOfActions(
      dialect,
      'read cluster events',
      ids,
      (list) => `select e.id, e.attempt_id, e.event from ${from(list)}
        join cluster_events as e on e.attempt_id = t.id order by e.occurred_at, e.id`,
    ),
  ];
}

/** What makes an action's attempts of the answers: in the order of their numbers, each with its transitions and cluster events in the order of time. */
export function attemptsOf(answers: readonly unknown[][]): (actionId: number) => ActionAttempt[] {
  const [attempts = [], transitions = [], events = []] = answers as [
    Row<'action_attempts'>[],
    Row<'phase_transitions'>[],
    Pick<Row<'cluster_events'>, 'id' | 'attempt_id' | 'event'>[],
  ];
  const attemptsBy = Map.groupBy(attempts, (row) => row.action_id);
  const transitionsBy = Map.groupBy(transitions, (row) => row.attempt_id);
  const eventsBy = Map.groupBy(events, (row) => row.attempt_id);
  return (actionId) =>
    (attemptsBy.get(actionId) ?? []).map((row) =>
      attemptMessage(
        row,
        (transitionsBy.get(row.id) ?? [])
          .sort((a, b) => phaseRank(a.phase as Phase) - phaseRank(b.phase as Phase))
          .map(transitionMessage),
        (eventsBy.get(row.id) ?? []).map(({ event }) => fromBinary(ClusterEventSchema, event)),
      ),
    );
}

/** The attempts of one action. */
export async function readAttempts(dialect: Dialect, db: Db, actionId: number): Promise<ActionAttempt[]> {
  const answers = await runSteps(db, attemptSteps(dialect, [actionId]), { reading: true });
  return attemptsOf(answers)(actionId);
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

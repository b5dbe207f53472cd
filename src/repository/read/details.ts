import { create, fromBinary } from '@bufbuild/protobuf';
import { EnrichedIdentitySchema } from '../../gen/flyteidl2/common/identity_pb.js';
import { LiteralSchema } from '../../gen/flyteidl2/core/literals_pb.js';
import { RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import { TaskSpecSchema, TraceSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import {
  AbortInfoSchema,
  type ActionAttempt,
  type ActionDetails,
  ActionDetailsSchema,
  ConditionActionSchema,
  type RunDetails,
  RunDetailsSchema,
  SignalInfoSchema,
} from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import { isRetryable, type Phase } from '../../runs/phase.ts';
import type { Db, Dialect } from '../dialects/dialect.ts';
import type { Row } from '../schema.ts';
import { readAttempts } from './attempts.ts';
import { actionMessage } from './run-message.ts';
import { readSnapshot } from './snapshot.ts';

/**
 * Everything that the contract has a field for: spec, result, and all attempts with their transitions and cluster events. One query
 * per table, all of one moment. Undefined if there is no such action.
 */
export function readActionDetails(dialect: Dialect, actionId: number): Promise<ActionDetails | undefined> {
  return readSnapshot(dialect, async (db) => {
    const row = await db.selectFrom('actions').selectAll().where('id', '=', actionId).executeTakeFirst();
    return row === undefined ? undefined : actionDetails(db, row);
  });
}

/** The run's spec as it was resolved, and the details of its root action. Undefined if there is no such run. */
export function readRunDetails(dialect: Dialect, runId: number): Promise<RunDetails | undefined> {
  return readSnapshot(dialect, async (db) => {
    const row = await db
      .selectFrom('actions')
      .innerJoin('runs', 'runs.id', 'actions.run_id')
      .selectAll('actions')
      .select('runs.run_spec')
      .where('actions.run_id', '=', runId)
      .whereRef('actions.name', '=', 'runs.root_action_name')
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return create(RunDetailsSchema, {
      runSpec: fromBinary(RunSpecSchema, row.run_spec),
      action: await actionDetails(db, row),
    });
  });
}

async function actionDetails(db: Db, row: Row<'actions'>): Promise<ActionDetails> {
  const spec = await specOf(db, row);
  const attempts = await readAttempts(db, row.id);
  const { id, metadata, status } = actionMessage(row);
  return create(ActionDetailsSchema, {
    ...(id ? { id } : {}),
    ...(metadata ? { metadata } : {}),
    ...(status ? { status } : {}),
    spec,
    result: resultOf(row, attempts),
    attempts,
  });
}

async function specOf(db: Db, row: Row<'actions'>): Promise<ActionDetails['spec']> {
  if (row.trace_spec !== null) return { case: 'trace', value: fromBinary(TraceSpecSchema, row.trace_spec) };
  if (row.condition_spec !== null) {
    return { case: 'condition', value: fromBinary(ConditionActionSchema, row.condition_spec) };
  }
  if (row.task_spec_digest === null) return { case: undefined };
  const found = await db
    .selectFrom('task_specs')
    .select('spec')
    .where('digest', '=', row.task_spec_digest)
    .executeTakeFirst();
  return found === undefined
    ? { case: undefined }
    : { case: 'task', value: fromBinary(TaskSpecSchema, found.spec) };
}

function resultOf(row: Row<'actions'>, attempts: readonly ActionAttempt[]): ActionDetails['result'] {
  if (row.phase === 'ABORTED') {
    return {
      case: 'abortInfo',
      value: create(AbortInfoSchema, {
        reason: row.abort_reason ?? '',
        ...(row.aborted_by === null ? {} : { abortedBy: fromBinary(EnrichedIdentitySchema, row.aborted_by) }),
      }),
    };
  }
  if (row.action_type === 'CONDITION' && row.output !== null) {
    return {
      case: 'signalInfo',
      value: create(SignalInfoSchema, {
        output: fromBinary(LiteralSchema, row.output),
        ...(row.signalled_by === null
          ? {}
          : { signalledBy: fromBinary(EnrichedIdentitySchema, row.signalled_by) }),
      }),
    };
  }
  const error = attempts.find(({ attempt }) => attempt === row.attempts)?.errorInfo;
  return isRetryable(row.phase as Phase) && error !== undefined
    ? { case: 'errorInfo', value: error }
    : { case: undefined };
}

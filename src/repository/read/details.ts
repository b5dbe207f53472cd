import { create, fromBinary } from '@bufbuild/protobuf';
import { EnrichedIdentitySchema } from '../../gen/flyteidl2/common/identity_pb.js';
import { LiteralSchema } from '../../gen/flyteidl2/core/literals_pb.js';
import { RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import {
  type TaskSpec,
  TaskSpecSchema,
  TraceSpecSchema,
} from '../../gen/flyteidl2/task/task_definition_pb.js';
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
import { runSteps } from '../dialects/steps.ts';
import type { Row } from '../schema.ts';
import { attemptSteps, attemptsOf, stepOfActions } from './attempts.ts';
import { actionMessage } from './run-message.ts';
import { readSnapshot } from './snapshot.ts';

/**
 * Everything that the contract has a field for: spec, result, and all attempts with their transitions and cluster events. Undefined if
 * there is no such action.
 */
export async function readActionDetails(
  dialect: Dialect,
  actionId: number,
): Promise<ActionDetails | undefined> {
  return (await readManyActionDetails(dialect, [actionId])).get(actionId)?.();
}

/**
 * The details of those actions that exist, each made of what was read when it is asked for: one that can't be made hinders no other. One
 * query per table however many they are, all of one moment.
 */
export function readManyActionDetails(
  dialect: Dialect,
  ids: readonly number[],
): Promise<Map<number, () => ActionDetails>> {
  return readSnapshot(dialect, (db) => detailsWithin(dialect, db, ids));
}

/** The run's spec as it was resolved, and the details of its root action. Undefined if there is no such run. */
export function readRunDetails(dialect: Dialect, runId: number): Promise<RunDetails | undefined> {
  return readSnapshot(dialect, async (db) => {
    const run = await db
      .selectFrom('actions')
      .innerJoin('runs', 'runs.id', 'actions.run_id')
      .select(['actions.id as rootId', 'runs.run_spec'])
      .where('actions.run_id', '=', runId)
      .whereRef('actions.name', '=', 'runs.root_action_name')
      .executeTakeFirst();
    if (run === undefined) return undefined;
    const action = (await detailsWithin(dialect, db, [run.rootId])).get(run.rootId)?.();
    return create(RunDetailsSchema, {
      runSpec: fromBinary(RunSpecSchema, run.run_spec),
      ...(action ? { action } : {}),
    });
  });
}

async function detailsWithin(
  dialect: Dialect,
  db: Db,
  ids: readonly number[],
): Promise<Map<number, () => ActionDetails>> {
  const rowsStep = stepOfActions(
    dialect,
    'read actions',
    ids,
    (list) => `select a.* from ${list} join actions as a on a.id = u.id`,
  );
  const specsStep = stepOfActions(
    dialect,
    'read task specs',
    ids,
    (list) => `select s.digest, s.spec from task_specs as s
      where s.digest in (select a.task_spec_digest from ${list} join actions as a on a.id = u.id)`,
  );
  const steps = [rowsStep, specsStep, ...attemptSteps(dialect, ids)];
  const [rows = [], specs = [], ...rest] = await runSteps(db, steps, { reading: true });
  const bytesOf = new Map((specs as Row<'task_specs'>[]).map(({ digest, spec }) => [digest, spec]));
  // Many actions have the same one, and its objects take several times the memory of its bytes.
  const known = new Map<string, TaskSpec>();
  const specOf = (digest: string): TaskSpec | undefined => {
    const bytes = bytesOf.get(digest);
    let spec = known.get(digest);
    if (spec === undefined && bytes !== undefined) {
      spec = fromBinary(TaskSpecSchema, bytes);
      known.set(digest, spec);
    }
    return spec;
  };
  const attempts = attemptsOf(rest);
  return new Map(
    (rows as Row<'actions'>[]).map((row) => [
      row.id,
      () => actionDetails(row, () => specOf(row.task_spec_digest ?? ''), attempts(row.id)),
    ]),
  );
}

function actionDetails(
  row: Row<'actions'>,
  taskSpec: () => TaskSpec | undefined,
  attempts: ActionAttempt[],
): ActionDetails {
  const { id, metadata, status } = actionMessage(row);
  return create(ActionDetailsSchema, {
    ...(id ? { id } : {}),
    ...(metadata ? { metadata } : {}),
    ...(status ? { status } : {}),
    spec: specOfAction(row, taskSpec),
    result: resultOf(row, attempts),
    attempts,
  });
}

function specOfAction(row: Row<'actions'>, taskSpec: () => TaskSpec | undefined): ActionDetails['spec'] {
  if (row.trace_spec !== null) return { case: 'trace', value: fromBinary(TraceSpecSchema, row.trace_spec) };
  if (row.condition_spec !== null) {
    return { case: 'condition', value: fromBinary(ConditionActionSchema, row.condition_spec) };
  }
  const value = taskSpec();
  return value === undefined ? { case: undefined } : { case: 'task', value };
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

import { create, fromBinary } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import {
  type ExecutionError,
  ExecutionError_ErrorKind,
  ExecutionErrorSchema,
} from '../../gen/flyteidl2/core/execution_pb.js';
import { LiteralSchema } from '../../gen/flyteidl2/core/literals_pb.js';
import { OutputReferencesSchema } from '../../gen/flyteidl2/task/common_pb.js';
import { ErrorInfo_Kind, ErrorInfoSchema } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import { type ActionUpdate, ActionUpdateSchema } from '../../gen/flyteidl2/workflow/state_service_pb.js';
import { isRetryable, type Phase, phaseNumber } from '../../runs/phase.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Row } from '../schema.ts';
import { runIdentifier } from './run-message.ts';

/** A child as its parent watches it: the message, and its place in the order of its own updates. */
export interface ChildUpdate {
  readonly id: number;
  readonly attempts: number;
  readonly phase: Phase;
  readonly isTask: boolean;
  readonly update: ActionUpdate;
}

type ChildRow = Pick<
  Row<'actions'>,
  | 'id'
  | 'org'
  | 'project'
  | 'domain'
  | 'run_name'
  | 'name'
  | 'phase'
  | 'attempts'
  | 'action_type'
  | 'abort_reason'
  | 'output'
> & { outputs: Uint8Array | null; error_info: Uint8Array | null };

/** The children of an action with ids beyond `after`, in the order of their ids, at most `limit`. */
export async function readChildren(
  { reader }: Dialect,
  runId: number,
  parent: string,
  after: number,
  limit: number,
): Promise<ChildUpdate[]> {
  const { rows } = await sql<ChildRow>`
    ${SELECT} where a.run_id = ${runId} and a.parent_action_name = ${parent} and a.id > ${after}
    order by a.id limit ${limit}`.execute(reader);
  return rows.map(childUpdate);
}

/** Children by their names, as they are now. */
export async function readChildrenNamed(
  dialect: Dialect,
  runId: number,
  names: readonly string[],
): Promise<ChildUpdate[]> {
  if (names.length === 0) return [];
  const list = dialect.rows(
    [{ name: 'name', kind: 'text' }],
    names.map((name) => [name]),
  );
  const { rows } = await sql<ChildRow>`
    ${SELECT} where a.run_id = ${runId} and a.name in (select name from ${list}) order by a.id`.execute(
    dialect.reader,
  );
  return rows.map(childUpdate);
}

const SELECT = sql`
  select a.id, a.org, a.project, a.domain, a.run_name, a.name, a.phase, a.attempts, a.action_type, a.abort_reason,
    a.output, t.outputs, t.error_info
  from actions as a
  left join action_attempts as t on t.action_id = a.id and t.attempt_number = a.attempts`;

function childUpdate(row: ChildRow): ChildUpdate {
  const phase = row.phase as Phase;
  const error = errorOf(row, phase);
  return {
    id: row.id,
    attempts: row.attempts,
    phase,
    isTask: row.action_type === 'TASK',
    update: create(ActionUpdateSchema, {
      actionId: { run: runIdentifier({ ...row, name: row.run_name }), name: row.name },
      phase: phaseNumber(phase),
      outputUri: outputUri(row, phase),
      ...(error ? { error } : {}),
      ...(row.output === null ? {} : { value: fromBinary(LiteralSchema, row.output) }),
    }),
  };
}

/** For a task the folder of its outputs, for a trace the file itself: that is how Flyte's SDK reads it. */
function outputUri(row: ChildRow, phase: Phase): string {
  if (row.outputs === null || (phase !== 'SUCCEEDED' && phase !== 'RECOVERED')) return '';
  const uri = fromBinary(OutputReferencesSchema, row.outputs).outputUri;
  return row.action_type === 'TASK' ? uri.replace(/\/outputs\.pb$/, '') : uri;
}

/** A parent that waits for a failed child must be told why, whatever is known. */
function errorOf(row: ChildRow, phase: Phase): ExecutionError | undefined {
  if (row.error_info !== null && isRetryable(phase)) {
    const { code, message, kind } = fromBinary(ErrorInfoSchema, row.error_info);
    return create(ExecutionErrorSchema, {
      code,
      message,
      kind: KINDS[kind] ?? ExecutionError_ErrorKind.UNKNOWN,
    });
  }
  if (phase === 'ABORTED') {
    return create(ExecutionErrorSchema, {
      code: 'Aborted',
      message: row.abort_reason || 'the action was aborted',
      kind: ExecutionError_ErrorKind.USER,
    });
  }
  if (!isRetryable(phase)) return undefined;
  const message = phase === 'TIMED_OUT' ? 'the action ran out of time' : 'the action failed';
  return create(ExecutionErrorSchema, { code: phase, message, kind: ExecutionError_ErrorKind.UNKNOWN });
}

const KINDS: Partial<Record<ErrorInfo_Kind, ExecutionError_ErrorKind>> = {
  [ErrorInfo_Kind.USER]: ExecutionError_ErrorKind.USER,
  [ErrorInfo_Kind.SYSTEM]: ExecutionError_ErrorKind.SYSTEM,
};

import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { sql } from 'kysely';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import type { ActionAttempt, ActionDetails } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { readActionDetails, readRunDetails } from '../../src/repository/read/details.ts';
import type { Row } from '../../src/repository/schema.ts';
import { microsOf } from '../../src/runs/instant.ts';
import { microsAfterBase } from '../repository/fixtures.ts';
import { actionRows, runRow } from '../repository/repository.ts';
import type { SeenAction } from './action.ts';
import type { Facts, SeenAttempt } from './attempt.ts';

/** A run as its row shows it, and what its actions' details answer, in the words of the model. */
export interface SeenRun {
  readonly row: Row<'runs'>;
  readonly actions: Map<string, SeenAction>;
  /** The details that the run itself answers: those of its root action. */
  readonly root: SeenAction;
}

/** Reads everything of a run, as clients read it. */
export async function observe(dialect: Dialect, run: string): Promise<SeenRun | undefined> {
  const row = await runRow(dialect, run);
  if (row === undefined) return undefined;
  const actions = new Map<string, SeenAction>();
  let root: SeenAction | undefined;
  for (const [name, action] of await actionRows(dialect, run)) {
    const details = await readActionDetails(dialect, action.id);
    if (details === undefined) throw new Error(`action ${name} of ${run} has no details`);
    actions.set(name, seenAction(action, details));
    if (name !== 'a0') continue;
    const ofRun = (await readRunDetails(dialect, row.id))?.action;
    if (ofRun === undefined) throw new Error(`run ${run} has no details`);
    root = seenAction(action, ofRun);
  }
  if (root === undefined) throw new Error(`run ${run} has no root action`);
  return { row, actions, root };
}

/** The newest id of the change log, and the actions that it names since another one, as `run/action`. */
export async function changesSince(
  dialect: Dialect,
  last: number,
): Promise<{ last: number; changed: Set<string> }> {
  const { rows } = await sql<{ id: number; run: string; action: string | null }>`
    select c.id, r.name as run, a.name as action from changes as c
    join runs as r on r.id = c.run_id left join actions as a on a.id = c.action_id
    where c.id > ${last} order by c.id`.execute(dialect.reader);
  return {
    last: Number(rows.at(-1)?.id ?? last),
    changed: new Set(rows.map((row) => `${row.run}/${row.action ?? ''}`)),
  };
}

function seenAction(row: Row<'actions'>, details: ActionDetails): SeenAction {
  const { status, metadata, result, attempts } = details;
  if (status === undefined) throw new Error('details have a status');
  const error = result.case === 'errorInfo' ? result.value.message : null;
  return {
    parent: metadata?.parent ?? '',
    type: row.action_type,
    phase: phaseName(status.phase),
    attempts: status.attempts,
    start: required(status.startTime),
    end: moment(status.endTime),
    durationMs: status.durationMs === undefined ? null : Number(status.durationMs),
    cacheStatus: status.cacheStatus,
    error: row.error_line === error ? error : `line ${row.error_line}, details ${error}`,
    aborted: row.abort_reason,
    signalled: result.case === 'signalInfo' ? text(result.value.output) : null,
    seenAttempts: attempts.map(seenAttempt),
  };
}

function seenAttempt(attempt: ActionAttempt): SeenAttempt {
  return {
    attempt: attempt.attempt,
    phase: phaseName(attempt.phase),
    start: required(attempt.startTime),
    end: moment(attempt.endTime),
    transitions: attempt.phaseTransitions.map((one) => ({
      phase: phaseName(one.phase),
      start: required(one.startTime),
      end: moment(one.endTime),
    })),
    facts: facts(attempt),
    clusterEvents: attempt.clusterEvents.map((one) => `${required(one.occurredAt)} ${one.message}`),
  };
}

function facts(attempt: ActionAttempt): Facts {
  const [log] = attempt.logInfo;
  return {
    ...(attempt.errorInfo ? { error: attempt.errorInfo.message } : {}),
    ...(attempt.outputs ? { outputs: attempt.outputs.outputUri } : {}),
    ...(log ? { logs: log.uri } : {}),
    ...(attempt.logContext ? { context: attempt.logContext.primaryPodName } : {}),
    ...(attempt.cluster === '' ? {} : { cluster: attempt.cluster }),
    ...(attempt.cacheStatus === 0 ? {} : { cacheStatus: attempt.cacheStatus }),
    ...(attempt.cacheMetadata
      ? { cacheKey: attempt.cacheMetadata.sourceActionAttempt?.actionId?.name ?? '' }
      : {}),
  };
}

function text(output: unknown): string | null {
  const found = JSON.stringify(output, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return (
    /"case":"stringValue","value":"(\w+)"|"value":"(\w+)","case":"stringValue"/.exec(found)?.[1] ?? found
  );
}

const phaseName = (phase: ActionPhase): string => ActionPhase[phase] ?? `phase ${phase}`;

function moment(stamp: Timestamp | undefined): number | null {
  return stamp === undefined
    ? null
    : microsAfterBase(stamp.seconds * 1_000_000n + BigInt(Math.trunc(stamp.nanos / 1000)));
}

function required(stamp: Timestamp | undefined): number {
  const found = moment(stamp);
  if (found === null) throw new Error('this time is always set');
  return found;
}

/** Microseconds of a time in a row, as the model counts them. */
export const momentOf = (instant: string | null): number | null =>
  instant === null ? null : microsAfterBase(microsOf(instant));

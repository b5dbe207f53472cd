import type { ActionSpecRecord } from '../../../runs/action-spec.ts';
import type { Instant } from '../../../runs/instant.ts';
import type { Row } from '../../schema.ts';
import type { RunState } from '../states.ts';
import type { Unit } from '../unit.ts';

/** What distinguishes a new action from others of its run. */
export interface ActionPlace {
  readonly name: string;
  readonly parent: string | null;
  readonly group: string;
  readonly spec: ActionSpecRecord;
  readonly metadata: Uint8Array;
  readonly since: Instant;
  readonly createdBy: string | null;
  readonly inputUri?: string | undefined;
  readonly inputsHash?: string | undefined;
  readonly cacheKey?: string | undefined;
}

/** The row of a new action: QUEUED, in its first attempt. */
export function newActionRow(
  unit: Unit,
  { row: run }: RunState,
  place: ActionPlace,
): Omit<Row<'actions'>, 'id' | 'run_id'> {
  const { spec } = place;
  return {
    org: run.org,
    project: run.project,
    domain: run.domain,
    run_name: run.name,
    name: place.name,
    parent_action_name: place.parent,
    group_name: place.group,
    action_type: spec.actionType,
    phase: 'QUEUED',
    attempts: 1,
    max_attempts: spec.maxAttempts,
    created_at: unit.now,
    updated_at: unit.now,
    start_time: place.since,
    end_time: null,
    duration_ms: null,
    cache_status: 0,
    task_name: spec.taskId?.name ?? null,
    task_version: spec.taskId?.version ?? null,
    function_name: spec.functionName,
    created_by_principal: place.createdBy,
    task_spec_digest: spec.taskSpec?.digest ?? null,
    trace_spec: spec.traceSpec ?? null,
    condition_spec: spec.conditionSpec ?? null,
    cache_key: place.cacheKey ?? null,
    input_uri: place.inputUri || null,
    inputs_hash: place.inputsHash || null,
    metadata: place.metadata,
    error_kind: null,
    error_line: null,
    abort_reason: null,
    aborted_by: null,
    signalled_by: null,
    output: null,
  };
}

import { create, fromBinary } from '@bufbuild/protobuf';
import type { RunIdentifier } from '../../gen/flyteidl2/common/identifier_pb.js';
import { RunIdentifierSchema } from '../../gen/flyteidl2/common/identifier_pb.js';
import {
  type Action,
  ActionMetadataSchema,
  ActionSchema,
  type ActionStatus,
  ActionStatusSchema,
  type Run,
  RunSchema,
} from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import { type Instant, timestampOf } from '../../runs/instant.ts';
import { type Phase, phaseNumber } from '../../runs/phase.ts';
import type { Row } from '../schema.ts';

/** The columns of `runs` that a `Run` message is made of: what lists and watches read. */
export const RUN_MESSAGE_COLUMNS = [
  'id',
  'org',
  'project',
  'domain',
  'name',
  'root_action_name',
  'labels',
  'phase',
  'attempts',
  'start_time',
  'end_time',
  'duration_ms',
  'cache_status',
  'metadata',
] as const satisfies readonly (keyof Row<'runs'>)[];

/** A row of `runs` as far as a `Run` message shows it. */
export type RunMessageRow = Pick<Row<'runs'>, (typeof RUN_MESSAGE_COLUMNS)[number]>;

/** The columns of `actions` that an `Action` message is made of. */
export const ACTION_MESSAGE_COLUMNS = [
  'id',
  'org',
  'project',
  'domain',
  'run_name',
  'name',
  'phase',
  'attempts',
  'start_time',
  'end_time',
  'duration_ms',
  'cache_status',
  'metadata',
] as const satisfies readonly (keyof Row<'actions'>)[];

/** A row of `actions` as far as an `Action` message shows it. */
export type ActionMessageRow = Pick<Row<'actions'>, (typeof ACTION_MESSAGE_COLUMNS)[number]>;

interface StatusRow {
  readonly phase: string;
  readonly attempts: number;
  readonly start_time: Instant;
  readonly end_time: Instant | null;
  readonly duration_ms: number | null;
  readonly cache_status: number;
}

/** The `Run` of a row: the root action as lists show it, and the run's labels. */
export function runMessage(row: RunMessageRow): Run {
  return create(RunSchema, {
    action: {
      id: { run: runIdentifier(row), name: row.root_action_name },
      metadata: fromBinary(ActionMetadataSchema, row.metadata),
      status: actionStatus(row),
    },
    labels: JSON.parse(row.labels) as Record<string, string>,
  });
}

/** The `Action` of a row. */
export function actionMessage(row: ActionMessageRow): Action {
  return create(ActionSchema, {
    id: { run: runIdentifier({ ...row, name: row.run_name }), name: row.name },
    metadata: fromBinary(ActionMetadataSchema, row.metadata),
    status: actionStatus(row),
  });
}

/** The `ActionStatus` of a row of `actions`, or of the root action's copy in `runs`. */
export function actionStatus(row: StatusRow): ActionStatus {
  return create(ActionStatusSchema, {
    phase: phaseNumber(row.phase as Phase),
    startTime: timestampOf(row.start_time),
    ...(row.end_time === null ? {} : { endTime: timestampOf(row.end_time) }),
    attempts: row.attempts,
    cacheStatus: row.cache_status,
    ...(row.duration_ms === null ? {} : { durationMs: BigInt(row.duration_ms) }),
  });
}

/** The `RunIdentifier` of a row. */
export function runIdentifier(row: {
  org: string;
  project: string;
  domain: string;
  name: string;
}): RunIdentifier {
  return create(RunIdentifierSchema, {
    org: row.org,
    project: row.project,
    domain: row.domain,
    name: row.name,
  });
}

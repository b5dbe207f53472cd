import { create, fromBinary } from '@bufbuild/protobuf';
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt';
import {
  ActionMetadataSchema,
  type TaskGroup,
  TaskGroupSchema,
} from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { GroupData } from '../repository/read/watch-groups.ts';
import { type Measure, phaseMeasure } from '../runs/group-measures.ts';
import { timestampOf } from '../runs/instant.ts';
import { isRetryable, isTerminal, PHASES, type Phase, phaseNumber } from '../runs/phase.ts';

/** The message of a group: rates and averages over the runs that they can be told of, 0 or unset where there is none. */
export function groupMessage({ task, measures, finished, recent, people }: GroupData): TaskGroup {
  const count = (measure: Measure) => measures[measure] ?? 0;
  const phases = PHASES.map((phase) => ({ phase, count: count(phaseMeasure(phase)) }));
  const runsIf = (test: (phase: Phase) => boolean) =>
    phases.reduce((sum, { phase, count }) => sum + (test(phase) ? count : 0), 0);
  const ended = runsIf(isTerminal);
  const [last] = recent;
  return create(TaskGroupSchema, {
    taskName: task,
    environmentName: last?.environment_name ?? '',
    shortName: last?.function_name ?? '',
    totalRuns: BigInt(count('runs')),
    ...(last ? { latestRunTime: timestampOf(last.created_at) } : {}),
    ...(finished ? { latestFinishedTime: timestampOf(finished) } : {}),
    recentStatuses: recent.map(({ name, phase }) => ({ runName: name, phase: phaseNumber(phase as Phase) })),
    averageFailureRate: ended === 0 ? 0 : runsIf(isRetryable) / ended,
    ...average('averageDuration', count('duration_ms'), count('durations')),
    ...average('averageTimeToRunning', count('wait_us') / 1000, count('waits')),
    createdBy: people.flatMap((bytes) => fromBinary(ActionMetadataSchema, bytes).executedBy ?? []),
    errorCounts: {
      userError: BigInt(count('errors_user')),
      systemError: BigInt(count('errors_system')),
      unspecifiedError: BigInt(count('errors_other')),
    },
    phaseCounts: phases
      .filter(({ count }) => count > 0)
      .map(({ phase, count }) => ({ phase: phaseNumber(phase), count: BigInt(count) })),
  });
}

/** The message that tells that a group is gone. */
export function goneGroup({ taskName, environmentName, shortName }: TaskGroup): TaskGroup {
  return create(TaskGroupSchema, { taskName, environmentName, shortName, shouldDelete: true });
}

function average<N extends string>(name: N, sumMs: number, count: number): { [K in N]?: Duration } {
  if (count === 0) return {};
  const micros = Math.round((Math.max(0, sumMs) / count) * 1000);
  const duration = create(DurationSchema, {
    seconds: BigInt(Math.floor(micros / 1_000_000)),
    nanos: (micros % 1_000_000) * 1000,
  });
  return { [name]: duration } as { [K in N]?: Duration };
}

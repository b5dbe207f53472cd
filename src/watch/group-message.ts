import { create, fromBinary } from '@bufbuild/protobuf';
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt';
import {
  ActionMetadataSchema,
  type TaskGroup,
  TaskGroupSchema,
} from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { GroupData, GroupSum } from '../repository/read/watch-groups.ts';
import { type Instant, timestampOf } from '../runs/instant.ts';
import { isRetryable, isTerminal, PHASES, type Phase, phaseNumber } from '../runs/phase.ts';

/** The message of a group: rates and averages over the runs that they can be told of, 0 or unset where there is none. */
export function groupMessage({ task, sums, recent, people }: GroupData): TaskGroup {
  const total = (of: (sum: GroupSum) => number) => sums.reduce((all, sum) => all + of(sum), 0);
  const runsIf = (test: (sum: GroupSum) => boolean) => total((sum) => (test(sum) ? sum.runs : 0));
  const failed = (sum: GroupSum) => isRetryable(sum.phase as Phase);
  const finished = runsIf((sum) => isTerminal(sum.phase as Phase));
  const latest = newest(sums.map((sum) => sum.latest));
  const latestFinished = newest(sums.flatMap((sum) => sum.finished ?? []));
  const [last] = recent;
  return create(TaskGroupSchema, {
    taskName: task,
    environmentName: last?.environment_name ?? '',
    shortName: last?.function_name ?? '',
    totalRuns: BigInt(total((sum) => sum.runs)),
    ...(latest ? { latestRunTime: timestampOf(latest) } : {}),
    ...(latestFinished ? { latestFinishedTime: timestampOf(latestFinished) } : {}),
    recentStatuses: recent.map(({ name, phase }) => ({ runName: name, phase: phaseNumber(phase as Phase) })),
    averageFailureRate: finished === 0 ? 0 : runsIf(failed) / finished,
    ...average(
      'averageDuration',
      total((sum) => sum.duration ?? 0),
      total((sum) => sum.durations),
    ),
    ...average(
      'averageTimeToRunning',
      total((sum) => sum.wait ?? 0),
      total((sum) => sum.waits),
    ),
    createdBy: people.flatMap((bytes) => fromBinary(ActionMetadataSchema, bytes).executedBy ?? []),
    errorCounts: {
      userError: BigInt(runsIf((sum) => failed(sum) && sum.error_kind === 'USER')),
      systemError: BigInt(runsIf((sum) => failed(sum) && sum.error_kind === 'SYSTEM')),
      unspecifiedError: BigInt(
        runsIf((sum) => failed(sum) && sum.error_kind !== 'USER' && sum.error_kind !== 'SYSTEM'),
      ),
    },
    phaseCounts: PHASES.map((phase) => ({
      phase: phaseNumber(phase),
      count: BigInt(runsIf((sum) => sum.phase === phase)),
    })).filter(({ count }) => count > 0n),
  });
}

/** The message that tells that a group is gone. */
export function goneGroup({ taskName, environmentName, shortName }: TaskGroup): TaskGroup {
  return create(TaskGroupSchema, { taskName, environmentName, shortName, shouldDelete: true });
}

function newest(instants: readonly Instant[]): Instant | undefined {
  return instants.reduce<Instant | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
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

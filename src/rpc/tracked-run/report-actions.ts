import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type {
  ReportTrackedActionsRequest,
  TrackedActionUpdate,
} from '../../gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { reportTracked, type TrackedUpdate } from '../../repository/write/commands/report-tracked.ts';
import { DomainError, invalidArgument } from '../../runs/errors.ts';
import { runText } from '../../runs/identity.ts';
import { type Instant, instantFromTimestamp } from '../../runs/instant.ts';
import { quote } from '../../runs/names.ts';
import { OK, refusalStatus } from '../internal-run/answer.ts';
import { readActionEvent, readSpec, readStatus } from '../internal-run/read-request.ts';
import { checkName } from '../run/checks.ts';
import { type NamedRun, namedRun, type RunDeps } from '../run/deps.ts';

/** TrackedRunService.ReportActions: one status per update, in their order; repeats are acknowledged. */
export function reportActions(deps: RunDeps) {
  return async ({ runId, updates }: ReportTrackedActionsRequest) => {
    const run = namedRun(deps, 'TRACKED', runId);
    const outcomes = await deps.writer.submit(
      reportTracked(
        run.key,
        run.stored,
        updates.map((update) => read(deps, run, update)),
      ),
    );
    return { statuses: outcomes.map((refusal) => (refusal === undefined ? OK : refusalStatus(refusal))) };
  };
}

function read(deps: RunDeps, run: NamedRun, update: TrackedActionUpdate): TrackedUpdate | DomainError {
  try {
    return readUpdate(deps, run, update);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function readUpdate(deps: RunDeps, run: NamedRun, update: TrackedActionUpdate): TrackedUpdate {
  const { event, key, stored, clusterEvents } = readActionEvent(deps, 'TRACKED', update.event);
  const { org_key, project, domain, name } = run.stored;
  if (
    stored.org_key !== org_key ||
    stored.project !== project ||
    stored.domain !== domain ||
    stored.name !== name
  ) {
    throw invalidArgument(
      `event.id names run ${quote(runText(key.run))}, but the report is of ${quote(runText(run.key))}`,
    );
  }
  checkName(key.name, 'event.id.name');
  checkName(update.parentName, 'parent_name');
  checkName(update.group, 'group');
  const now = deps.clock();
  const traced = update.spec.case === 'trace' ? update.spec.value.startTime : undefined;
  const since = earliest(update.event?.startTime, update.status?.startTime, traced) ?? event.time;
  return {
    name: key.name,
    event,
    clusterEvents,
    action:
      update.spec.case === undefined
        ? undefined
        : {
            key,
            stored: run.stored,
            kind: 'TRACKED',
            parent: update.parentName,
            group: update.group,
            subject: '',
            ...readSpec(now, update.spec),
            since,
          },
    status: update.status && readTrackedStatus(update, now, event.time),
  };
}

/** A status without a time of its own is of the moment that its event gives. */
function readTrackedStatus(
  update: TrackedActionUpdate,
  now: Instant,
  eventTime: Instant,
): TrackedUpdate['status'] {
  if (update.status === undefined) return undefined;
  const { event, durationMs } = readStatus(update.status, now);
  const time = event.endTime ?? eventTime;
  return { event: { ...event, time, version: update.event?.version ?? 0 }, durationMs };
}

function earliest(...stamps: (Timestamp | undefined)[]): Instant | undefined {
  const given = stamps.flatMap((stamp) => (stamp ? [instantFromTimestamp(stamp, 'start_time')] : []));
  return given.sort()[0];
}

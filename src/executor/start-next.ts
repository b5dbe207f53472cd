import { randomUUID } from 'node:crypto';
import type { Db, Dialect } from '../repository/dialects/dialect.ts';
import {
  claimExecutions,
  claimWithin,
  listAwaited,
  listHeldElsewhere,
  listParents,
  listWaiting,
  type WaitingExecution,
} from '../repository/executions.ts';
import type { Row } from '../repository/schema.ts';
import type { Clock } from '../runs/instant.ts';
import type { Live } from './live.ts';
import type { RunLimits } from './run-limits.ts';
import { type Candidate, chooseStarts, type DistantOccupant, isStuck, type Occupant } from './schedule.ts';

/** Of so many waiting actions, over all runs, one is chosen. */
const MAX_CANDIDATES = 5000;

/** What starting works with. */
interface StartOptions {
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly node: string;
  readonly maxProcesses: number;
  readonly limits: RunLimits;
}

/**
 * Claims what may start now, beside what is live, and answers the rows that were got.
 *
 * Who waits for children is always read before the queue is. So each child that makes its parent wait is in the queue that is read then,
 * and nothing takes the place of a child that was enqueued in between.
 */
export async function startNext(
  options: StartOptions,
  live: readonly Pick<Live, 'actionId' | 'runId' | 'depth'>[],
): Promise<Row<'executions'>[]> {
  const { dialect, clock, node, maxProcesses, limits } = options;
  const occupants = await occupantsOf(dialect, live);
  const waiting = await readQueue(options, dialect.reader);
  if (waiting.length === 0) return [];
  const candidates = await limits.apply(waiting);
  const awaited =
    isStuck(occupants) && candidates.some((one) => one.serial_key !== null)
      ? await listAwaited(
          dialect,
          occupants.map(({ actionId }) => actionId),
        )
      : undefined;
  const claims = (from: readonly Candidate[], distant: readonly DistantOccupant[]) =>
    chooseStarts(from, occupants, maxProcesses, { awaited, distant }).map(({ action_id }) => ({
      actionId: action_id,
      token: randomUUID(),
    }));
  const bounded = boundedRuns(candidates);
  if (bounded.length === 0) return claimExecutions(dialect, claims(candidates, []), node, clock());
  return claimBounded(options, bounded, async (db, distant) => {
    const from = distant.some(({ blocked }) => blocked)
      ? withBoundsOf(await readQueue(options, db), candidates)
      : candidates;
    return claimWithin(dialect, db, claims(from, distant), node, clock());
  });
}

/** What may start by now; what has just been enqueued may. */
function readQueue({ clock, maxProcesses }: StartOptions, db: Db): Promise<WaitingExecution[]> {
  return listWaiting(db, clock(), { perRun: maxProcesses + 1, total: MAX_CANDIDATES });
}

/** What waits now, with the bounds that were found for its runs a moment ago; runs that were not there then have to wait for the next look. */
function withBoundsOf(waiting: readonly WaitingExecution[], before: readonly Candidate[]): Candidate[] {
  const bounds = new Map(before.map(({ run_id, run_concurrency }) => [run_id, run_concurrency]));
  return waiting.flatMap((one) => {
    const bound = bounds.get(one.run_id);
    return bound === undefined ? [] : [{ ...one, run_concurrency: bound }];
  });
}

/** The actions that are live, and whether they wait for children. */
async function occupantsOf(
  dialect: Dialect,
  live: readonly Pick<Live, 'actionId' | 'runId' | 'depth'>[],
): Promise<Occupant[]> {
  const parents = await listParents(
    dialect,
    live.map(({ actionId }) => actionId),
  );
  return live.map(({ actionId, runId, depth }) => ({
    actionId,
    runId,
    depth,
    blocked: parents.has(actionId),
  }));
}

function boundedRuns(candidates: readonly Candidate[]): number[] {
  return [...new Set(candidates.filter((one) => one.run_concurrency > 0).map(({ run_id }) => run_id))].sort(
    (a, b) => a - b,
  );
}

/**
 * Claims while the runs whose actions are bounded are locked: executors that claim at the same time see each other's claims, so that they
 * do not exceed the bound together. Nothing is claimed if one of them was faster with an equal task; the next look knows.
 */
async function claimBounded(
  { dialect, node }: StartOptions,
  runIds: readonly number[],
  claim: (db: Db, distant: readonly DistantOccupant[]) => Promise<Row<'executions'>[]>,
): Promise<Row<'executions'>[]> {
  try {
    return await dialect.writer.transaction().execute(async (db) => {
      const held = await listHeldElsewhere(dialect, db, runIds, node);
      const parents = await listParents(
        dialect,
        held.map(({ action_id }) => action_id),
        db,
      );
      return claim(
        db,
        held.map(({ action_id, run_id }) => ({ runId: run_id, blocked: parents.has(action_id) })),
      );
    });
  } catch (error) {
    if (dialect.isUniqueViolation(error) || dialect.isRetryable(error)) return [];
    throw error;
  }
}

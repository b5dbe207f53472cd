import { randomUUID } from 'node:crypto';
import type { Db, Dialect } from '../repository/dialects/dialect.ts';
import {
  claimExecutions,
  claimWithin,
  listAwaited,
  listHeldElsewhere,
  listParents,
  listWaiting,
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

/** Claims what may start now, beside what is live, and answers the rows that were got. */
export async function startNext(options: StartOptions, live: readonly Live[]): Promise<Row<'executions'>[]> {
  const { dialect, clock, node, maxProcesses, limits } = options;
  const now = clock();
  const waiting = await listWaiting(dialect.reader, now, {
    perRun: maxProcesses + 1,
    total: MAX_CANDIDATES,
  });
  if (waiting.length === 0) return [];
  const candidates = await limits.apply(waiting);
  const occupants = await occupantsOf(dialect, live);
  const awaited =
    isStuck(occupants) && candidates.some((one) => one.serial_key !== null)
      ? await listAwaited(
          dialect,
          occupants.map(({ actionId }) => actionId),
        )
      : undefined;
  const claims = (distant: readonly DistantOccupant[]) =>
    chooseStarts(candidates, occupants, maxProcesses, { awaited, distant }).map(({ action_id }) => ({
      actionId: action_id,
      token: randomUUID(),
    }));
  const bounded = boundedRuns(candidates);
  if (bounded.length === 0) return claimExecutions(dialect, claims([]), node, now);
  return claimBounded(options, bounded, (db, distant) =>
    claimWithin(dialect, db, claims(distant), node, now),
  );
}

/** The actions that are live, and whether they wait for children. */
async function occupantsOf(dialect: Dialect, live: readonly Live[]): Promise<Occupant[]> {
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

import { randomUUID } from 'node:crypto';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { claimExecutions, listAwaited, listParents, listWaiting } from '../repository/executions.ts';
import type { Row } from '../repository/schema.ts';
import type { Clock } from '../runs/instant.ts';
import type { Live } from './live.ts';
import type { RunLimits } from './run-limits.ts';
import { chooseStarts, isStuck } from './schedule.ts';

/** Of so many waiting actions, over all runs, one is chosen. */
const MAX_CANDIDATES = 5000;

/** Claims what may start now, beside what is live, and answers the rows that were got. */
export async function startNext(
  options: { dialect: Dialect; clock: Clock; node: string; maxProcesses: number; limits: RunLimits },
  live: readonly Live[],
): Promise<Row<'executions'>[]> {
  const { dialect, clock, node, maxProcesses, limits } = options;
  const now = clock();
  const candidates = await listWaiting(dialect.reader, now, {
    perRun: maxProcesses + 1,
    total: MAX_CANDIDATES,
  });
  if (candidates.length === 0) return [];
  const parents = await listParents(
    dialect,
    live.map(({ actionId }) => actionId),
  );
  const occupants = live.map(({ actionId, runId, depth }) => ({
    actionId,
    runId,
    depth,
    blocked: parents.has(actionId),
  }));
  const awaited =
    isStuck(occupants) && candidates.some((one) => one.serial_key !== null)
      ? await listAwaited(
          dialect,
          live.map(({ actionId }) => actionId),
        )
      : undefined;
  const chosen = chooseStarts(await limits.apply(candidates), occupants, maxProcesses, awaited);
  const claims = chosen.map(({ action_id }) => ({ actionId: action_id, token: randomUUID() }));
  return claimExecutions(dialect, claims, node, now);
}

import { attemptLogFile } from '../executor/places.ts';
import type { LogContext } from '../gen/flyteidl2/core/execution_pb.js';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { findActionId } from '../repository/read/find.ts';
import type { StoredRunKey } from '../repository/write/command.ts';
import { notFound, unimplemented } from '../runs/errors.ts';
import { type ActionKey, actionText } from '../runs/identity.ts';
import { quote } from '../runs/names.ts';
import { decodeDetails } from '../watch/encoded-details.ts';
import type { Watch } from '../watch/watch.ts';
import { followLog } from './follow-log.ts';
import { type LogBatch, LogVanished } from './log-file.ts';

/** What reading logs works with. */
export interface LogDeps {
  readonly dialect: Dialect;
  readonly watch: Pick<Watch, 'events' | 'details'>;
  /** The folder of the executor's files; undefined where this service does not run tasks. */
  readonly workDir: string | undefined;
  /** How long a log may be waited for, in milliseconds, while there is none yet. */
  readonly maxWaitMs?: number;
}

/** Callers ask a few times again, and then give up; a task may wait longer than that for its turn. */
const MAX_WAIT_MS = 10_000;

/** Which attempt of which action; attempts count from 1. */
export interface LoggedAttempt {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  readonly attempt: number;
}

/** The log of an attempt: what it belongs to, and its lines. */
export interface AttemptLog {
  readonly context: LogContext;
  /** The lines so far, and then each as it is written; ends with the attempt. Throws not_found if the file is not there (any more). */
  lines(): AsyncGenerator<LogBatch>;
}

/**
 * Finds the log of an attempt; waits a while for one that is not there yet. Throws not_found if there is none then, unimplemented where tasks
 * are run by somebody else.
 */
export async function findAttemptLog(
  deps: LogDeps,
  named: LoggedAttempt,
  signal: AbortSignal,
): Promise<AttemptLog> {
  const { dialect, workDir } = deps;
  const { key, stored, attempt } = named;
  if (workDir === undefined) {
    throw unimplemented(
      'this service does not run tasks (executor.kind), so it has no logs; GetActionDetails names places of logs that were reported to it',
    );
  }
  const { actionId, runId } = await findActionId(dialect.reader, 'RUN', key, stored);
  const what = `attempt ${attempt} of action ${quote(actionText(key))}`;
  const { context, ended } = await untilLogged(deps, actionId, attempt, signal);
  if (context === undefined) throw notFound(ended ? `${what} ended without a log` : `${what} has no log yet`);
  const { created_at: createdAt } = await dialect.reader
    .selectFrom('runs')
    .select('created_at')
    .where('id', '=', runId)
    .executeTakeFirstOrThrow();
  const path = attemptLogFile(workDir, { stored, createdAt, action: key.name, attempt });
  return {
    context,
    async *lines() {
      const over = new AbortController();
      const ended = untilEnded(deps, actionId, attempt, AbortSignal.any([signal, over.signal]));
      try {
        if (yield* followLog(path, { ended, signal })) return;
        throw notFound(
          `the log of ${what} is not on this machine (any more): it was removed, or another executor ran it`,
        );
      } catch (error) {
        if (error instanceof LogVanished) throw notFound(`the log of ${what} was removed`);
        throw error;
      } finally {
        over.abort();
      }
    },
  };
}

/** The context of the attempt's log as soon as there is one; `ended` if there never will be. */
async function untilLogged(
  { watch, maxWaitMs = MAX_WAIT_MS }: LogDeps,
  actionId: number,
  attempt: number,
  signal: AbortSignal,
): Promise<{ context: LogContext | undefined; ended: boolean }> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const encoded of watch.details(actionId, AbortSignal.any([signal, late.signal]))) {
      const details = encoded && decodeDetails(encoded);
      const context = details?.attempts.find((one) => one.attempt === attempt)?.logContext;
      const over = details?.status?.endTime !== undefined || (details?.attempts.length ?? 0) > attempt;
      if (context !== undefined || over || details === undefined) return { context, ended: over };
      timer ??= setTimeout(() => late.abort(), maxWaitMs);
    }
  } catch (error) {
    if (!late.signal.aborted || signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  return { context: undefined, ended: false };
}

/** Resolves when the attempt has ended; also when `signal` is aborted. */
async function untilEnded(
  { watch }: LogDeps,
  actionId: number,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  const events = watch.events(actionId, attempt, signal);
  try {
    for (let next = await events.next(); !next.done; next = await events.next());
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await events.return(undefined);
  }
}

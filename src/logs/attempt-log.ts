import { fromBinary } from '@bufbuild/protobuf';
import { attemptLogFile } from '../executor/places.ts';
import { type LogContext, LogContextSchema } from '../gen/flyteidl2/core/execution_pb.js';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { findActionId } from '../repository/read/find.ts';
import type { StoredRunKey } from '../repository/write/command.ts';
import { notFound, unimplemented } from '../runs/errors.ts';
import { type ActionKey, actionText } from '../runs/identity.ts';
import { quote } from '../runs/names.ts';
import { isTerminal, type Phase } from '../runs/phase.ts';
import type { Watch } from '../watch/watch.ts';
import { followLog } from './follow-log.ts';
import { type LogBatch, LogVanished } from './log-file.ts';

/** What reading logs works with. */
export interface LogDeps {
  readonly dialect: Dialect;
  readonly watch: Pick<Watch, 'events'>;
  /** The folder of the executor's files; undefined where this service does not run tasks. */
  readonly workDir: string | undefined;
}

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
  lines(signal: AbortSignal): AsyncGenerator<LogBatch>;
}

/** Finds the log of an attempt. Throws not_found while there is none, unimplemented where tasks are run by somebody else. */
export async function findAttemptLog(deps: LogDeps, named: LoggedAttempt): Promise<AttemptLog> {
  const { dialect, workDir } = deps;
  const { key, stored, attempt } = named;
  if (workDir === undefined) {
    throw unimplemented(
      'this service does not run tasks (executor.kind), so it has no logs; GetActionDetails names places of logs that were reported to it',
    );
  }
  const { actionId } = await findActionId(dialect.reader, 'RUN', key, stored);
  const row = await dialect.reader
    .selectFrom('actions')
    .innerJoin('runs', 'runs.id', 'actions.run_id')
    .leftJoin('action_attempts', (join) =>
      join
        .onRef('action_attempts.action_id', '=', 'actions.id')
        .on('action_attempts.attempt_number', '=', attempt),
    )
    .select(['runs.created_at', 'actions.phase', 'actions.attempts', 'action_attempts.log_context'])
    .where('actions.id', '=', actionId)
    .executeTakeFirstOrThrow();
  const what = `attempt ${attempt} of action ${quote(actionText(key))}`;
  if (row.log_context === null) {
    const over = isTerminal(row.phase as Phase) || row.attempts > attempt;
    throw notFound(over ? `${what} ended without a log` : `${what} has no log yet`);
  }
  const path = attemptLogFile(workDir, { stored, createdAt: row.created_at, action: key.name, attempt });
  return {
    context: fromBinary(LogContextSchema, row.log_context),
    async *lines(signal) {
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

import type { Run } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { runMessage } from '../repository/read/run-message.ts';
import { belongsTo, type RunTarget, type RunWatchRow } from '../repository/read/watch-runs.ts';
import type { Instant } from '../runs/instant.ts';
import { endOfMessage, type MessageLimits } from './limits.ts';
import { type RecentRun, recentMessage, type RunsView } from './runs-view.ts';

/** How many runs a snapshot holds at most: the newest ones of the target. */
export const SNAPSHOT_RUNS = 1000;
/** What a message adds to a run's metadata and labels, about. */
const RUN_BYTES = 200;

type Page = (after: RunWatchRow | undefined, limit: number) => Promise<RunWatchRow[]>;

/**
 * The messages of one watcher of runs: the newest runs of the target, the first message at once even if there is none; then every run of
 * the target that is new or changed, as it is when it is sent. Ends only by the signal, whose reason it throws.
 */
export async function* watchRuns(
  view: RunsView,
  target: RunTarget,
  limits: MessageLimits,
  signal: AbortSignal,
): AsyncGenerator<Run[]> {
  view.open();
  const waiter = view.waiters.add(signal);
  try {
    let seen = view.head;
    let complete = view.completeUntil();
    let first = true;
    const snapshot: Page = (after, limit) => view.newest(target, after, limit);
    for await (const rows of pages(snapshot, SNAPSHOT_RUNS, limits, signal)) {
      if (rows.length > 0 || first) yield rows.map(runMessage);
      first = false;
    }
    for (;;) {
      signal.throwIfAborted();
      if (seen < view.floor) {
        const since: Instant = complete;
        seen = view.head;
        complete = view.completeUntil();
        const missed: Page = (after, limit) => view.updatedSince(target, since, after, limit);
        for await (const rows of pages(missed, Number.POSITIVE_INFINITY, limits, signal)) {
          if (rows.length > 0) yield rows.map(runMessage);
        }
        continue;
      }
      const news = view.since(seen).filter(({ row }) => belongsTo(target, row));
      seen = view.head;
      complete = view.completeUntil();
      for (let at = 0; at < news.length; ) {
        const end = endOfMessage(news, at, { count: limits.update, bytes: limits.bytes }, bytesOf);
        yield news.slice(at, end).map(recentMessage);
        at = end;
      }
      if (news.length === 0) await waiter.wait();
    }
  } finally {
    view.waiters.remove(waiter);
    view.close();
  }
}

/** Reads page after page, and cuts what is too large for one message. At least one page comes, even if it is empty. */
async function* pages(
  read: Page,
  most: number,
  limits: MessageLimits,
  signal: AbortSignal,
): AsyncGenerator<RunWatchRow[]> {
  let after: RunWatchRow | undefined;
  for (let left = most; ; ) {
    signal.throwIfAborted();
    const limit = Math.min(limits.snapshot, left);
    const rows = await read(after, limit);
    if (rows.length === 0) {
      if (after === undefined) yield rows;
      return;
    }
    for (let at = 0; at < rows.length; ) {
      const end = endOfMessage(rows, at, { count: limits.snapshot, bytes: limits.bytes }, rowBytes);
      yield rows.slice(at, end);
      at = end;
    }
    after = rows.at(-1);
    left -= rows.length;
    if (rows.length < limit || left <= 0) return;
  }
}

function bytesOf({ row }: RecentRun): number {
  return rowBytes(row);
}

function rowBytes({ metadata, labels }: RunWatchRow): number {
  return metadata.length + labels.length + RUN_BYTES;
}

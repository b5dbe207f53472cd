import type { ClusterEvent, Run, TaskGroup } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { readManyActionDetails } from '../repository/read/details.ts';
import { readRunIdentity, readTreePage, readTreeRows } from '../repository/read/watch-actions.ts';
import { type AttemptEvents, readAttemptEvents, readEventBytes } from '../repository/read/watch-events.ts';
import type { GroupScope } from '../repository/read/group-scope.ts';
import { readGroups } from '../repository/read/watch-groups.ts';
import {
  belongsTo,
  type RunTarget,
  readNewestRuns,
  readRunRows,
  readUpdatedRuns,
} from '../repository/read/watch-runs.ts';
import type { Change, Flushed } from '../repository/write/flush.ts';
import { DELTAS_PER_FOLD, foldGroups } from '../repository/write/fold-groups.ts';
import { type Clock, systemClock } from '../runs/instant.ts';
import { BatchReader } from './batch-reader.ts';
import { ChangeFeed, type ChangeFeedOptions } from './change-feed.ts';
import { ChangePruner, pruneChanges } from './change-pruner.ts';
import { groupMessage } from './group-message.ts';
import { type EncodedDetails, encodeDetails, sameDetails } from './encoded-details.ts';
import { GroupRanking } from './group-ranking.ts';
import { GroupsFolder } from './groups-folder.ts';
import { GroupsView } from './groups-view.ts';
import { messageLimits } from './limits.ts';
import { RunsView } from './runs-view.ts';
import { ROWS_PER_READ, RunTreeView, type TreeReader } from './run-tree-view.ts';
import { Shared, type SharedView } from './shared.ts';
import type { TreeMessage } from './shared-lens.ts';
import { Slots } from './slots.ts';
import { Topics } from './topics.ts';
import type { TreeFilter } from './tree-filter.ts';
import { ValueView, watchValue } from './value-view.ts';
import { EventReader, type NoEvents, watchEvents } from './watch-events.ts';
import { allGroups, type GroupsMessage, watchGroups } from './watch-groups.ts';
import { watchRuns } from './watch-runs.ts';
import { watchTree } from './watch-tree.ts';

/** What watching works with. */
export interface WatchOptions {
  readonly dialect: Dialect;
  /** `runs.watchBufferSize`. */
  readonly watchBufferSize: number;
  readonly clock?: Clock;
  readonly logger?: {
    warn(fields: object, message: string): void;
    info(fields: object, message: string): void;
  };
  readonly metrics?: {
    readonly subscriptions: { inc(): void; dec(): void };
    readonly changeLogLagSeconds: { set(seconds: number): void };
  };
  /** Told of every change, whoever made it; it must only take a note. */
  readonly onChanges?: (changes: readonly Change[]) => void;
  /** How the change log is followed; the defaults are those of production. */
  readonly feed?: Pick<ChangeFeedOptions, 'idleMs' | 'now'>;
  /** How many changed runs are kept for streams that fall behind. */
  readonly maxRecentRuns?: number;
}

/** Groups to watch, and which of them. */
export interface GroupsRequest {
  readonly scope: GroupScope;
  readonly limit: number;
  readonly oldestFirst: boolean;
}

/** How many views read by themselves at a time. */
const READS_AT_ONCE = 4;
/** How many actions' details are read at once. */
const DETAILS_PER_READ = 50;

/** Everything that watches: one feed of changes per process, and the views that its streams share. */
export type Watch = ReturnType<typeof createWatch>;

/**
 * Makes what all watch calls of a process share. `start` it once the database is migrated, tell it each commit by `committed`, and `stop`
 * it before the database is closed. The streams end only by their signal (whose reason they throw) unless they say otherwise.
 */
export function createWatch(options: WatchOptions) {
  const { dialect, logger, metrics } = options;
  const clock = options.clock ?? systemClock;
  const limits = messageLimits(options.watchBufferSize);
  const topics = new Topics();
  if (options.onChanges !== undefined) topics.onAny(options.onChanges);
  const onError = (error: unknown) =>
    logger?.warn({ err: error }, 'a watch could not read what changed; it tries again');
  const feed = new ChangeFeed({
    ...options.feed,
    dialect,
    topics,
    onLook: (seconds) => metrics?.changeLogLagSeconds.set(seconds),
    onTrouble: (error) => logger?.warn({ err: error }, 'the change log is not followed'),
    onRecovery: () => logger?.info({}, 'the change log is followed again'),
  });
  const pruner = new ChangePruner(
    () => pruneChanges(dialect, clock),
    (error) => logger?.warn({ err: error }, 'old rows of the change log could not be deleted'),
  );
  const folder = new GroupsFolder({
    fold: () => foldGroups(dialect),
    full: DELTAS_PER_FOLD,
    onError: (error) => logger?.warn({ err: error }, 'the counts of groups could not be folded; later again'),
  });
  const slots = new Slots(dialect.kind === 'sqlite' ? 1 : READS_AT_ONCE);
  const treeReader: TreeReader = {
    run: (runId) => slots.run(() => readRunIdentity(dialect, runId)),
    page: (runId, after, limit) => slots.run(() => readTreePage(dialect, runId, after, limit)),
    rows: new BatchReader((ids) => readTreeRows(dialect, ids), ROWS_PER_READ),
  };
  const detailsReader = new BatchReader(
    (ids: readonly number[]) => readManyActionDetails(dialect, ids),
    DETAILS_PER_READ,
  );
  const events = new EventReader((ids) => readEventBytes(dialect, ids));
  const runs = new RunsView({
    reader: {
      byId: (ids) => readRunRows(dialect, ids),
      newest: (target, after, limit) => readNewestRuns(dialect, target, after, limit),
      updatedSince: (target, since, after, limit) => readUpdatedRuns(dialect, target, since, after, limit),
    },
    topics,
    followedUntil: () => feed.followedUntil,
    ...(options.maxRecentRuns === undefined ? {} : { maxRecent: options.maxRecentRuns }),
    onError,
  });
  const trees = new Shared<number, RunTreeView>();
  const details = new Shared<number, ValueView<EncodedDetails>>();
  const attempts = new Shared<string, ValueView<AttemptEvents>>();
  const groups = new Shared<string, GroupsView>();

  const readGroupMessages = async (
    scope: GroupScope,
    tasks: readonly string[] | undefined,
  ): Promise<TaskGroup[]> => (await slots.run(() => readGroups(dialect, scope, tasks))).map(groupMessage);

  /** A stream on a view that is open as long as one of its streams. */
  async function* on<K, V extends SharedView, T, R>(
    shared: Shared<K, V>,
    key: K,
    make: () => V,
    stream: (view: V) => AsyncGenerator<T, R>,
  ): AsyncGenerator<T, R> {
    const view = shared.acquire(key, make);
    metrics?.subscriptions.inc();
    try {
      return yield* stream(view);
    } finally {
      metrics?.subscriptions.dec();
      shared.release(key);
    }
  }

  const watchDetails = (
    actionId: number,
    signal: AbortSignal,
  ): AsyncGenerator<EncodedDetails | undefined> => {
    const read = async () => {
      const make = (await detailsReader.load([actionId])).get(actionId);
      return make && encodeDetails(make());
    };
    const make = () => new ValueView<EncodedDetails>({ actionId, topics, read, same: sameDetails, onError });
    return on(details, actionId, make, (view) => watchValue(view, signal));
  };

  return {
    /** To be called for each transaction that this process commits, after the commit and before it is acknowledged. */
    committed: (flushed: Flushed): void => {
      feed.committed(flushed);
      if (flushed.counts) folder.request();
    },
    /** Fails, with the reason, while changes of other processes are not seen. */
    readiness: feed.readiness,
    lagSeconds: () => feed.lagSeconds(),

    async start(): Promise<void> {
      await feed.start();
      pruner.start();
      folder.start();
    },

    /** Resolves when nothing reads or writes the database any more on behalf of the feed. */
    async stop(): Promise<void> {
      runs.stop();
      await Promise.all([feed.stop(), pruner.stop(), folder.stop()]);
    },

    /** The tree of a run; the first message comes at once. */
    tree(runId: number, filter: TreeFilter | undefined, signal: AbortSignal): AsyncGenerator<TreeMessage> {
      return on(
        trees,
        runId,
        () => new RunTreeView(runId, treeReader, topics, onError),
        (view) => watchTree(view, filter, limits, signal),
      );
    },

    /** The runs of a target; the first message comes at once. */
    async *runs(target: RunTarget, signal: AbortSignal): AsyncGenerator<Run[]> {
      metrics?.subscriptions.inc();
      try {
        yield* watchRuns(runs, target, limits, signal);
      } finally {
        metrics?.subscriptions.dec();
      }
    },

    /** The details of an action, undefined if it does not exist (any more). */
    details: watchDetails,

    /** The cluster events of an attempt; returns when it has ended, or why there will never be any. */
    events(
      actionId: number,
      attempt: number,
      signal: AbortSignal,
    ): AsyncGenerator<ClusterEvent[], NoEvents | undefined> {
      const make = () =>
        new ValueView<AttemptEvents>({
          actionId,
          topics,
          read: () => slots.run(() => readAttemptEvents(dialect, actionId, attempt)),
          same: (a, b) => a.state === b.state && a.ids.length === b.ids.length,
          onError,
        });
      return on(attempts, `${actionId} ${attempt}`, make, (view) =>
        watchEvents(view, events, limits, signal),
      );
    },

    /** The groups of a scope; returns after the sentinel if the scope has an end. */
    async *groups(request: GroupsRequest, signal: AbortSignal): AsyncGenerator<GroupsMessage> {
      const { scope, limit, oldestFirst } = request;
      const make = () =>
        new GroupsView({
          runs,
          read: (tasks) => readGroupMessages(scope, tasks),
          concerns: (row) => belongsTo(scope.target, row) && row.created_at >= scope.start,
          limit,
          oldestFirst,
          onError,
        });
      if (scope.end === undefined) {
        yield* on(groups, JSON.stringify(request), make, (view) => watchGroups(view, limits, signal));
        return;
      }
      const ranking = new GroupRanking(limit, oldestFirst);
      ranking.replace(undefined, await readGroupMessages(scope, undefined));
      yield* allGroups(ranking.shown());
    },
  };
}

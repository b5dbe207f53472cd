import { openDatabase } from '../../src/repository/open.ts';
import type { DatabaseHooks } from '../../src/repository/open.ts';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { GroupCommit, type WriterOptions } from '../../src/repository/write/group-commit.ts';
import { systemClock } from '../../src/runs/instant.ts';
import type { WatchDeps } from '../../src/rpc/run/watch-deps.ts';
import { createWatch, type WatchOptions } from '../../src/watch/watch.ts';
import type { TestDatabase } from '../support/databases.ts';

/** One replica: connections, a writer and everything that watches, as the service puts them together. */
export interface Replica extends WatchDeps {
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  close(): Promise<void>;
}

/** How a replica differs from the service. */
export interface ReplicaOptions extends Partial<Omit<WatchOptions, 'dialect'>> {
  readonly hooks?: DatabaseHooks;
  readonly writer?: Partial<WriterOptions>;
  readonly organizations?: 'shared' | 'separate';
  /** Whether what it commits itself is told to its watches at once; if not, they find it in the change log. */
  readonly tellsItself?: boolean;
  /** Wraps the connections that the watches use. */
  readonly wrap?: (dialect: Dialect) => Dialect;
}

/** Opens (and migrates) a database as one more replica. */
export async function openReplica(database: TestDatabase, options: ReplicaOptions = {}): Promise<Replica> {
  const {
    hooks,
    writer: writerOptions,
    tellsItself = true,
    organizations = 'shared',
    wrap,
    ...rest
  } = options;
  const dialect = await openDatabase(database.config, organizations, hooks);
  const watch = createWatch({
    watchBufferSize: 100,
    ...rest,
    dialect: wrap?.(dialect) ?? dialect,
  });
  const writer = new GroupCommit(dialect, {
    clock: systemClock,
    maxQueued: 10_000,
    maxBatch: 500,
    onCommitted: (flushed) => {
      if (tellsItself) watch.committed(flushed);
    },
    ...writerOptions,
  });
  await watch.start();
  return {
    dialect,
    writer,
    watch,
    organizations,
    async close() {
      await writer.close();
      await watch.stop();
      await dialect.close();
    },
  };
}

/** A stream that is read in the background, and what became of it so far. */
export interface Reader<T> {
  /** What was received, oldest first. */
  readonly messages: T[];
  /** Resolves as soon as the condition holds; rejects if the stream ends before. It is looked at after each message. */
  until(condition: (messages: readonly T[]) => boolean): Promise<void>;
  /** Resolves when the stream has ended by itself. Rejects with what it threw. */
  readonly ended: Promise<void>;
  /** Hangs up. Resolves when the stream has let go of everything. */
  stop(): Promise<void>;
}

/** Reads a stream in the background, message after message; `pace` is awaited between two of them. */
export function read<T>(
  open: (context: { signal: AbortSignal }) => AsyncIterable<T>,
  options: { pace?: () => Promise<void> } = {},
): Reader<T> {
  const controller = new AbortController();
  const messages: T[] = [];
  const checks = new Set<() => void>();
  let outcome: { error?: unknown } | undefined;
  const run = async () => {
    try {
      for await (const message of open({ signal: controller.signal })) {
        messages.push(message);
        for (const check of checks) check();
        await options.pace?.();
      }
      outcome = {};
    } catch (error) {
      outcome = { error };
      throw error;
    } finally {
      for (const check of checks) check();
    }
  };
  const ended = run();
  ended.catch(() => {});
  return {
    messages,
    ended,
    until: (condition) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (condition(messages)) {
            checks.delete(check);
            resolve();
          } else if (outcome !== undefined) {
            checks.delete(check);
            reject(outcome.error ?? new Error(`the stream ended after ${messages.length} messages`));
          }
        };
        checks.add(check);
        check();
      }),
    async stop() {
      controller.abort(new Error('hung up'));
      await ended.catch(() => {});
    },
  };
}

import { setImmediate as turn } from 'node:timers/promises';
import { create as message } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import {
  WatchActionDetailsRequestSchema,
  WatchActionsRequestSchema,
  type WatchActionsResponse,
  WatchGroupsRequestSchema,
  WatchRunsRequestSchema,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { watchActionDetails } from '../../src/rpc/run/watch-action-details.ts';
import { watchActions } from '../../src/rpc/run/watch-actions.ts';
import { watchGroups } from '../../src/rpc/run/watch-groups.ts';
import { watchRuns } from '../../src/rpc/run/watch-runs.ts';
import { timestampOf } from '../../src/runs/instant.ts';
import { at, event, newAction, newRun, runKey, status } from '../repository/fixtures.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { openReplica, read, type Reader, type Replica } from './harness.ts';

describe.each(dialects)('the cost of watching on $name', ({ create }) => {
  let database: TestDatabase;
  let replica: Replica;
  let queries = 0;
  const readers: { stop(): Promise<void> }[] = [];
  beforeEach(async () => {
    database = await create();
    replica = await openReplica(database, { hooks: { onQuery: () => queries++ } });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(readers.splice(0).map((reader) => reader.stop()));
    await replica.close();
    await database.drop();
  });

  const open = <T>(
    stream: (context: { signal: AbortSignal }) => AsyncIterable<T>,
    pace?: () => Promise<void>,
  ) => {
    const reader = read(stream, pace ? { pace } : {});
    readers.push(reader);
    return reader;
  };
  const watchTree = (run: string, pace?: () => Promise<void>): Reader<WatchActionsResponse> => {
    const request = message(WatchActionsRequestSchema, { runId: runKey(run) });
    return open((context) => watchActions(replica, 'RUN')(request, context), pace);
  };

  /** Makes runs and opens a hundred watches of all kinds that have nothing to tell afterwards. */
  async function openHundred(): Promise<void> {
    const runs = Array.from({ length: 25 }, (_, i) => `idle${i}`);
    await Promise.all(runs.map((run) => replica.writer.submit(createRun(newRun(run)))));
    const project = { organization: 'acme', domain: 'd', name: 'p' };
    const groups = message(WatchGroupsRequestSchema, {
      scopeBy: { case: 'projectId', value: { ...project, $typeName: 'flyteidl2.common.ProjectIdentifier' } },
    });
    groups.startDate = message(WatchGroupsRequestSchema, { startDate: timestampOf(at(0)) }).startDate;
    const opened = runs.flatMap((run) => [
      watchTree(run),
      open((context) =>
        watchActionDetails(replica, 'RUN')(
          message(WatchActionDetailsRequestSchema, { actionId: { run: runKey(run), name: 'a0' } }),
          context,
        ),
      ),
      open((context) =>
        watchRuns(replica, 'RUN')(
          message(WatchRunsRequestSchema, { target: { case: 'projectId', value: project } }),
          context,
        ),
      ),
      open((context) => watchGroups(replica)(groups, context)),
    ]);
    await Promise.all(opened.map((reader) => reader.until((messages) => messages.length > 0)));
  }

  it('is at most one query a second while a hundred watches have nothing to tell', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    // Its feed sleeps by the time of the test.
    await replica.close();
    let looks = 0;
    replica = await openReplica(database, {
      hooks: { onQuery: () => queries++ },
      wrap: (dialect) => ({
        ...dialect,
        async openChangeCursor() {
          const cursor = await dialect.openChangeCursor();
          const next: typeof cursor.next = (...look) => {
            looks++;
            return cursor.next(...look);
          };
          return { next, lagSeconds: () => cursor.lagSeconds() };
        },
      }),
    });
    /** Lets time pass, and the database answer whatever it was asked meanwhile: no wait for it is over before it could be. */
    const step = async (milliseconds: number) => {
      await vi.advanceTimersByTimeAsync(milliseconds);
      await sql`select 1`.execute(replica.dialect.reader);
      queries--;
      await turn();
    };
    const pass = async (seconds: number) => {
      for (let tenth = 0; tenth < seconds * 10; tenth++) await step(100);
    };
    let opened = false;
    const hundred = openHundred().finally(() => {
      opened = true;
    });
    while (!opened) await step(1);
    await hundred;
    // What was written is counted a second later, twice, and what the beginning asked for may be answered late on a busy machine.
    do {
      queries = 0;
      await pass(5);
    } while (queries > 5);
    queries = 0;
    looks = 0;
    await pass(5);
    expect(Math.max(queries, looks)).toBeLessThanOrEqual(5);
    // It does look: by the clock, so that what others write is found without a hint.
    expect(looks).toBeGreaterThanOrEqual(1);
  });

  it('does not grow with the number of watchers of the same thing', async () => {
    await replica.writer.submit(createRun(newRun('popular')));
    const costOf = async (watchers: number, attempt: number) => {
      const all = Array.from({ length: watchers }, () => watchTree('popular'));
      await Promise.all(all.map((reader) => reader.until((messages) => messages.length > 0)));
      queries = 0;
      await replica.writer.submit(updateStatus(status('popular', 'a0', event('RUNNING', 1, { attempt }))));
      const written = queries;
      await Promise.all(
        all.map((reader) =>
          reader.until((m) => m.some(({ enrichedActions: [a] }) => a?.action?.status?.attempts === attempt)),
        ),
      );
      return queries - written;
    };
    // The log is looked at now and then as well.
    expect(await costOf(1, 2)).toBeLessThanOrEqual(2);
    expect(await costOf(100, 3)).toBeLessThanOrEqual(2);
  });

  it('is a few messages for a reader that was slow while ten thousand things happened', {
    timeout: 60_000,
  }, async () => {
    const actions = Array.from({ length: 100 }, (_, i) => `n${i}`);
    await replica.writer.submit(createRun(newRun('busy')));
    const spec = newRun('x', { retries: 200 }).spec;
    await Promise.all(
      actions.map((name) => replica.writer.submit(recordAction(newAction('busy', name, { spec })))),
    );
    const gate = Promise.withResolvers<void>();
    const slow = watchTree('busy', () => gate.promise);
    const fast = watchTree('busy');
    await Promise.all([slow, fast].map((reader) => reader.until((messages) => messages.length === 1)));

    const rounds = 100;
    for (let attempt = 1; attempt <= rounds; attempt++) {
      await Promise.all(
        actions.map((name) =>
          replica.writer.submit(updateStatus(status('busy', name, event('RUNNING', 1, { attempt })))),
        ),
      );
    }
    const final = (messages: readonly WatchActionsResponse[]) => {
      const last = new Map(
        messages.flatMap((m) => m.enrichedActions.map((a) => [a.action?.id?.name, a] as const)),
      );
      return actions.every((name) => {
        const { attempts, phase } = last.get(name)?.action?.status ?? {};
        return attempts === rounds && phase === ActionPhase.RUNNING;
      });
    };
    await fast.until(final);
    expect(slow.messages).toHaveLength(1);
    gate.resolve();
    await slow.until(final);
    // A hundred actions and their root, at most a hundred of them in a message.
    expect(slow.messages.length).toBeLessThanOrEqual(4);
    for (const { enrichedActions } of slow.messages.slice(1))
      expect(enrichedActions.length).toBeLessThanOrEqual(100);
  });
});

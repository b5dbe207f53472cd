import { create as message, type MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FilterSchema, Filter_Function } from '../../src/gen/flyteidl2/common/list_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import {
  type WatchActionsResponse,
  WatchActionsRequestSchema,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { watchActions } from '../../src/rpc/run/watch-actions.ts';
import type { Phase } from '../../src/runs/phase.ts';
import { abortOf, event, newAction, newRun, runKey, status, task } from '../repository/fixtures.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { openReplica, read, type Reader, type Replica } from './harness.ts';

type Filters = MessageInitShape<typeof FilterSchema>[];
const { QUEUED, RUNNING, SUCCEEDED, ABORTED } = ActionPhase;

/** What every action looks like after all messages, and the order in which they were first told of. */
function fold(messages: readonly WatchActionsResponse[]) {
  const state = new Map<string, { phase: ActionPhase; counts: Record<number, number>; meets: boolean }>();
  for (const { action, meetsFilter, childrenPhaseCounts } of messages.flatMap((m) => m.enrichedActions)) {
    state.set(action?.id?.name ?? '', {
      phase: action?.status?.phase ?? 0,
      counts: { ...childrenPhaseCounts },
      meets: meetsFilter,
    });
  }
  return state;
}

const names = (messages: readonly WatchActionsResponse[], from = 0) =>
  messages.slice(from).flatMap((m) => m.enrichedActions.map(({ action }) => action?.id?.name));

describe.each(dialects)('WatchActions on $name', ({ create }) => {
  let database: TestDatabase;
  let replica: Replica;
  beforeAll(async () => {
    database = await create();
    replica = await openReplica(database);
  });
  afterAll(async () => {
    await replica.close();
    await database.drop();
  });

  const watch = (run: string, filter: Filters = []): Reader<WatchActionsResponse> =>
    read((context) =>
      watchActions(replica, 'RUN')(
        message(WatchActionsRequestSchema, { runId: runKey(run), filter }),
        context,
      ),
    );
  const record = (run: string, name: string, parent = '', of = task()) =>
    replica.writer.submit(recordAction(newAction(run, name, { parent, spec: of })));
  const move = (run: string, name: string, phase: Phase) =>
    replica.writer.submit(updateStatus(status(run, name, event(phase, 1))));

  it('sends parents before children whatever order they were recorded in, and counts all descendants', async () => {
    await replica.writer.submit(createRun(newRun('order')));
    const early = watch('order');
    await early.until((m) => m.length > 0);
    await record('order', 'c', 'b');
    await record('order', 'b', 'a');
    await record('order', 'x', 'nobody-yet');
    await record('order', 'a');
    await early.until((m) => fold(m).has('c'));
    expect(names(early.messages)).toEqual(['a0', 'a0', 'a', 'b', 'c']);
    expect(fold(early.messages).get('a0')?.counts).toEqual({ [QUEUED]: 3 });
    expect(fold(early.messages).get('a')?.counts).toEqual({ [QUEUED]: 2 });

    const before = early.messages.length;
    await move('order', 'c', 'RUNNING');
    await early.until((m) => fold(m).get('c')?.phase === RUNNING);
    expect(names(early.messages, before)).toEqual(['a0', 'a', 'b', 'c']);
    expect(fold(early.messages).get('a0')?.counts).toEqual({ [QUEUED]: 2, [RUNNING]: 1 });

    const late = watch('order');
    await late.until((m) => m.length > 0);
    expect(names(late.messages)).toEqual(['a0', 'a', 'b', 'c']);
    expect(fold(late.messages)).toEqual(fold(early.messages));
    await Promise.all([early.stop(), late.stop()]);
  });

  it('keeps the ancestors of what meets the filter, and says once what no longer does', async () => {
    const run = 'filtered';
    await replica.writer.submit(createRun(newRun(run)));
    await record(run, 'a', '', task('mod.Load_All'));
    await record(run, 'b', 'a', task('mod.load'));
    await record(run, 'c', '', task('mod.other'));
    const byName = watch(run, [
      { field: 'NAME', function: Filter_Function.CONTAINS_CASE_INSENSITIVE, values: ['LOAD'] },
    ]);
    const byPhase = watch(run, [
      { field: 'PHASE', function: Filter_Function.VALUE_IN, values: [String(RUNNING), 'PAUSED'] },
    ]);
    await Promise.all([byName, byPhase].map((r) => r.until((m) => m.length > 0)));
    expect(names(byName.messages)).toEqual(['a0', 'a', 'b']);
    expect(names(byPhase.messages)).toEqual([]);

    await move(run, 'b', 'RUNNING');
    await byPhase.until((m) => fold(m).has('b'));
    expect(names(byPhase.messages)).toEqual(['a0', 'a', 'b']);
    expect([...fold(byPhase.messages).values()].every(({ meets }) => meets)).toBe(true);
    await move(run, 'b', 'SUCCEEDED');
    await byPhase.until((m) => fold(m).get('b')?.meets === false);
    expect(Object.fromEntries([...fold(byPhase.messages)].map(([k, v]) => [k, v.meets]))).toEqual({
      a0: false,
      a: false,
      b: false,
    });
    await byName.until((m) => fold(m).get('b')?.phase === SUCCEEDED);
    expect(fold(byName.messages).get('a0')).toMatchObject({
      meets: true,
      counts: { [SUCCEEDED]: 1, [QUEUED]: 2 },
    });
    await Promise.all([byName.stop(), byPhase.stop()]);
  });

  it('stays open after the run has ended, and shows an abort of everything at once', async () => {
    await replica.writer.submit(createRun(newRun('aborted')));
    for (const name of ['a', 'b', 'c']) await record('aborted', name);
    const reader = watch('aborted');
    await reader.until((m) => fold(m).size === 4);
    await replica.writer.exclusive(abortTree(replica.dialect, abortOf('aborted')));
    await reader.until((m) => [...fold(m).values()].every(({ phase }) => phase === ABORTED));
    await reader.stop();
  });

  it('sends a large tree in messages of bounded size', async () => {
    await replica.writer.submit(createRun(newRun('large')));
    await Promise.all(
      Array.from({ length: 1200 }, (_, i) => record('large', `n${i}`, i % 3 ? `n${i - 1}` : '')),
    );
    const reader = watch('large');
    await reader.until((m) => fold(m).size === 1201);
    await reader.until((m) => fold(m).get('a0')?.counts[QUEUED] === 1200);
    for (const { enrichedActions } of reader.messages)
      expect(enrichedActions.length).toBeLessThanOrEqual(500);
    await reader.stop();
  });

  it('refuses unknown runs, the other kind of runs, and filters that it does not know, by name', async () => {
    await replica.writer.submit(createRun(newRun('refusals')));
    const refused = async (filter: Filters) => watch('refusals', filter).ended;
    await expect(watch('nobody').ended).rejects.toMatchObject({ code: 'not_found' });
    const tracked = read((context) =>
      watchActions(replica, 'TRACKED')(
        message(WatchActionsRequestSchema, { runId: runKey('refusals') }),
        context,
      ),
    );
    await expect(tracked.ended).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      refused([{ field: 'colour', function: Filter_Function.EQUAL, values: ['red'] }]),
    ).rejects.toThrow(/phase.*name/);
    await expect(
      refused([{ field: 'phase', function: Filter_Function.EQUAL, values: ['red'] }]),
    ).rejects.toThrow(/RUNNING/);
    await expect(
      refused([{ field: 'name', function: Filter_Function.EQUAL, values: [] }]),
    ).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});

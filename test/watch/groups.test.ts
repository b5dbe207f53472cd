import { create as message, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Filter_Function, Sort_Direction } from '../../src/gen/flyteidl2/common/list_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import type { TaskGroup } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import {
  WatchGroupsRequestSchema,
  type WatchGroupsResponse,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { watchGroups } from '../../src/rpc/run/watch-groups.ts';
import { type Instant, microsOf, timestampOf } from '../../src/runs/instant.ts';
import type { Phase } from '../../src/runs/phase.ts';
import { at, errorInfo, event, named, newRun, person, runKey, task } from '../repository/fixtures.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { openReplica, read, type Reader, type Replica } from './harness.ts';

type Request = Exclude<MessageInitShape<typeof WatchGroupsRequestSchema>, { $typeName: string }>;
const SECOND = 1_000_000;

describe.each(dialects)('WatchGroups on $name', ({ create }) => {
  let database: TestDatabase;
  let replica: Replica;
  let now: Instant = at(0);
  let project = '';
  let projects = 0;
  beforeAll(async () => {
    database = await create();
    replica = await openReplica(database, { writer: { clock: () => now } });
  });
  afterAll(async () => {
    await replica.close();
    await database.drop();
  });
  beforeEach(() => {
    project = `p${projects++}`;
  });

  const stored = (name: string) => ({ ...named(name).stored, project });
  async function add(
    name: string,
    taskName: string,
    seconds: number,
    who = 'alice',
    labels = {},
  ): Promise<void> {
    now = at(seconds * SECOND);
    const more = { spec: task(taskName), createdBy: person(who), labels };
    await replica.writer.submit(
      createRun(newRun(name, { key: runKey(name, project), stored: stored(name), ...more })),
    );
  }
  async function move(name: string, phase: Phase, seconds: number, error?: Uint8Array): Promise<void> {
    const of = event(phase, seconds * SECOND, { fields: error ? { error_info: error } : {} });
    await replica.writer.submit(
      updateStatus({
        key: { run: runKey(name, project), name: 'a0' },
        stored: stored(name),
        kind: 'RUN',
        event: of,
      }),
    );
  }
  const watch = (more: Request = {}): Reader<WatchGroupsResponse> =>
    read((context) =>
      watchGroups(replica)(
        message(WatchGroupsRequestSchema, {
          scopeBy: { case: 'projectId', value: { organization: 'acme', domain: 'd', name: project } },
          startDate: timestampOf(at(0)),
          ...more,
        }),
        context,
      ),
    );
  const complete = (messages: readonly WatchGroupsResponse[]) => messages.some(({ sentinel }) => sentinel);
  const fold = (messages: readonly WatchGroupsResponse[]) => {
    const groups = new Map<string, TaskGroup>();
    for (const group of messages.flatMap((m) => m.taskGroups)) {
      if (group.shouldDelete) groups.delete(group.taskName);
      else groups.set(group.taskName, group);
    }
    return groups;
  };

  it('sums up the runs of each task', async () => {
    await add('r1', 'mod.a', 1, 'alice');
    await add('r2', 'mod.a', 2, 'bob');
    await add('r3', 'mod.a', 3, 'alice');
    await add('r4', 'mod.a', 4, 'alice');
    await add('q1', 'mod.b', 5);
    await move('r1', 'RUNNING', 2);
    await move('r1', 'SUCCEEDED', 11);
    await move('r2', 'RUNNING', 6);
    await move('r2', 'FAILED', 7, errorInfo('no', 1));
    await move('r3', 'TIMED_OUT', 8, errorInfo('late', 2));
    const reader = watch({ endDate: timestampOf(at(100 * SECOND)) });
    await reader.ended;
    expect(reader.messages.at(-1)).toMatchObject({ sentinel: true, taskGroups: [] });
    expect([...fold(reader.messages).keys()]).toEqual(['mod.b', 'mod.a']);
    const a = fold(reader.messages).get('mod.a');
    expect(a).toMatchObject({
      environmentName: 'env',
      shortName: 'a',
      totalRuns: 4n,
      recentStatuses: [
        { runName: 'r4', phase: ActionPhase.QUEUED },
        { runName: 'r3', phase: ActionPhase.TIMED_OUT },
        { runName: 'r2', phase: ActionPhase.FAILED },
        { runName: 'r1', phase: ActionPhase.SUCCEEDED },
      ],
      errorCounts: { userError: 1n, systemError: 1n, unspecifiedError: 0n },
      phaseCounts: [
        { phase: ActionPhase.QUEUED, count: 1n },
        { phase: ActionPhase.SUCCEEDED, count: 1n },
        { phase: ActionPhase.FAILED, count: 1n },
        { phase: ActionPhase.TIMED_OUT, count: 1n },
      ],
      latestRunTime: timestampOf(at(4 * SECOND)),
      latestFinishedTime: timestampOf(at(11 * SECOND)),
      averageDuration: { seconds: (10n + 5n + 5n) / 3n, nanos: 666_667_000 },
    });
    expect(a?.averageFailureRate).toBeCloseTo(2 / 3);
    expect(a?.createdBy.map(({ principal }) => principal.value?.id?.subject)).toEqual(['alice', 'bob']);
    // r1 waited one second and r2 four.
    const { seconds = 0n, nanos = 0 } = a?.averageTimeToRunning ?? {};
    expect(Number(seconds) + nanos / 1e9).toBeCloseTo(2.5, 2);
  });

  it('sends only groups that changed after the sentinel', async () => {
    await add('r1', 'mod.a', 1);
    await add('r2', 'mod.b', 2);
    const reader = watch();
    await reader.until(complete);
    const before = reader.messages.length;
    await add('r3', 'mod.c', 3);
    await reader.until((m) => fold(m).has('mod.c'));
    await move('r1', 'ABORTED', 4);
    await reader.until((m) => fold(m).get('mod.a')?.phaseCounts[0]?.phase === ActionPhase.ABORTED);
    const after = reader.messages.slice(before);
    expect(after.flatMap((m) => m.taskGroups.map(({ taskName }) => taskName))).not.toContain('mod.b');
    expect(after.some(({ sentinel }) => sentinel)).toBe(false);
    await reader.stop();
  });

  it('drops groups in which nothing meets the filters any more, and those beyond the limit', async () => {
    await add('r1', 'mod.a', 1, 'alice', { team: 'x' });
    await add('r2', 'mod.b', 2, 'alice', { team: 'y' });
    const queued = watch({
      request: { filters: [{ field: 'phase', function: Filter_Function.EQUAL, values: ['QUEUED'] }] },
    });
    const newest = watch({ request: { limit: 1 } });
    const oldest = watch({
      request: { limit: 1 },
      knownSortFields: [{ sortBy: { case: 'createdAt', value: Sort_Direction.ASCENDING } }],
    });
    const labelled = watch({
      request: {
        filters: [{ field: 'labels.team', function: Filter_Function.VALUE_IN, values: ['x', 'z'] }],
      },
    });
    await Promise.all([queued, newest, oldest, labelled].map((r) => r.until(complete)));
    expect([...fold(newest.messages).keys()]).toEqual(['mod.b']);
    expect([...fold(oldest.messages).keys()]).toEqual(['mod.a']);
    expect([...fold(labelled.messages).keys()]).toEqual(['mod.a']);
    await move('r1', 'RUNNING', 4);
    await queued.until((m) => !fold(m).has('mod.a'));
    expect([...fold(queued.messages).keys()]).toEqual(['mod.b']);
    await add('r3', 'mod.a', 5);
    await newest.until((m) => fold(m).has('mod.a'));
    await newest.until((m) => !fold(m).has('mod.b'));
    await Promise.all([queued, newest, oldest, labelled].map((r) => r.stop()));
  });

  it('counts the runs of its period alone', async () => {
    await add('early', 'mod.a', 1);
    await add('inside', 'mod.a', 10);
    await add('end', 'mod.a', 20);
    const reader = watch({ startDate: timestampOf(at(10 * SECOND)), endDate: timestampOf(at(20 * SECOND)) });
    await reader.ended;
    const group = fold(reader.messages).get('mod.a');
    expect(group?.recentStatuses.map(({ runName }) => runName)).toEqual(['inside']);
    expect(timestampMs(group?.latestRunTime ?? timestampOf(at(0)))).toBe(
      Number(microsOf(at(10 * SECOND)) / 1000n),
    );
  });

  it('refuses what it can not do', async () => {
    const refused = [
      { request: { token: 'x' } },
      { request: { rawFilters: ['x'] } },
      { request: { filters: [{ field: 'colour', function: Filter_Function.EQUAL, values: ['red'] }] } },
      { request: { filters: [{ field: 'task_name', function: Filter_Function.CONTAINS, values: ['a'] }] } },
      { request: { sortByFields: [{ key: 'name' }] } },
      { startDate: timestampOf(at(10)), endDate: timestampOf(at(5)) },
    ];
    for (const request of refused) {
      await expect(watch(request).ended).rejects.toMatchObject({ code: 'invalid_argument' });
    }
  });

  it('filters by every field that it says it can', async () => {
    await add('r1', 'mod.a', 1, 'alice', { team: 'x' });
    await move('r1', 'SUCCEEDED', 3);
    const met: [string, Filter_Function, string[]][] = [
      ['name', Filter_Function.EQUAL, ['r1']],
      ['name', Filter_Function.NOT_EQUAL, ['r2']],
      ['task_name', Filter_Function.VALUE_IN, ['mod.a', 'mod.b']],
      ['task_name', Filter_Function.VALUE_NOT_IN, ['mod.b']],
      ['task_version', Filter_Function.EXISTS, []],
      ['trigger_name', Filter_Function.NOT_EXISTS, []],
      ['action_type', Filter_Function.EQUAL, ['1']],
      ['created_by', Filter_Function.GREATER_THAN, ['al']],
      ['created_at', Filter_Function.LESS_THAN_OR_EQUAL, [at(SECOND)]],
      ['ended_at', Filter_Function.GREATER_THAN, [at(SECOND)]],
      ['duration_ms', Filter_Function.EQUAL, ['2000']],
      ['phase', Filter_Function.VALUE_NOT_IN, ['4', 'FAILED']],
      ['labels.team', Filter_Function.NOT_EQUAL, ['y']],
      ['labels.crew', Filter_Function.NOT_EXISTS, []],
    ];
    for (const [field, fn, values] of met) {
      const reader = watch({
        endDate: timestampOf(at(99 * SECOND)),
        request: { filters: [{ field, function: fn, values }] },
      });
      await reader.ended;
      expect([field, [...fold(reader.messages).keys()]]).toEqual([field, ['mod.a']]);
    }
    const unmet: [string, Filter_Function, string[]][] = [
      ['name', Filter_Function.NOT_EQUAL, ['r1']],
      ['created_at', Filter_Function.LESS_THAN, [at(SECOND)]],
      ['labels.team', Filter_Function.VALUE_NOT_IN, ['x']],
      ['action_type', Filter_Function.EQUAL, ['CONDITION']],
    ];
    for (const [field, fn, values] of unmet) {
      const reader = watch({
        endDate: timestampOf(at(99 * SECOND)),
        request: { filters: [{ field, function: fn, values }] },
      });
      await reader.ended;
      expect([field, [...fold(reader.messages).keys()]]).toEqual([field, []]);
    }
  });
});

import { create as message, type MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import {
  WatchRunsRequestSchema,
  type WatchRunsResponse,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { createRun, type NewRun } from '../../src/repository/write/commands/create-run.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { watchRuns } from '../../src/rpc/run/watch-runs.ts';
import { event, named, newRun, runKey, task } from '../repository/fixtures.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { openReplica, read, type Reader, type Replica } from './harness.ts';

type Target = NonNullable<MessageInitShape<typeof WatchRunsRequestSchema>['target']>;

const phases = (messages: readonly WatchRunsResponse[]) =>
  new Map(
    messages.flatMap((m) =>
      m.runs.map(({ action }) => [action?.id?.run?.name ?? '', action?.status?.phase ?? 0] as const),
    ),
  );

describe.each(dialects)('WatchRuns on $name', ({ create }) => {
  let database: TestDatabase;
  let replica: Replica;
  beforeAll(async () => {
    database = await create();
    replica = await openReplica(database, { maxRecentRuns: 20 });
  });
  afterAll(async () => {
    await replica.close();
    await database.drop();
  });

  const add = (name: string, more: Partial<NewRun> = {}, project = 'p') =>
    replica.writer.submit(
      createRun(
        newRun(name, { key: runKey(name, project), stored: { ...named(name).stored, project }, ...more }),
      ),
    );
  const move = (name: string, phase: 'RUNNING' | 'SUCCEEDED', project = 'p') =>
    replica.writer.submit(
      updateStatus({
        key: { run: runKey(name, project), name: 'a0' },
        stored: { ...named(name).stored, project },
        kind: 'RUN',
        event: event(phase, 1),
      }),
    );
  const watch = (
    target: Target,
    kind: 'RUN' | 'TRACKED' = 'RUN',
    pace?: () => Promise<void>,
  ): Reader<WatchRunsResponse> =>
    read((context) => watchRuns(replica, kind)(message(WatchRunsRequestSchema, { target }), context), {
      ...(pace ? { pace } : {}),
    });
  const project = (name: string): Target => ({
    case: 'projectId',
    value: { organization: 'acme', domain: 'd', name },
  });

  it('sends a message at once even if there is no run, then new runs and their changes', async () => {
    const reader = watch(project('empty'));
    await reader.until((m) => m.length === 1);
    expect(reader.messages[0]?.runs).toEqual([]);
    await add('first', {}, 'empty');
    await reader.until((m) => phases(m).has('first'));
    await move('first', 'RUNNING', 'empty');
    await reader.until((m) => phases(m).get('first') === ActionPhase.RUNNING);
    await reader.stop();
  });

  it('tells the runs of its target, and no others', async () => {
    const id = { org: 'acme', project: 'p', domain: 'd', name: 'mod.special', version: 'v1' };
    const targets: Record<string, Target> = {
      org: { case: 'org', value: 'whatever' },
      cluster: { case: 'clusterId', value: { name: 'here' } },
      project: project('wanted'),
      task: { case: 'taskId', value: id },
      version: { case: 'taskId', value: { ...id, version: 'v2' } },
    };
    await add('before', { spec: task('mod.special') }, 'wanted');
    const readers = Object.entries(targets).map(([name, target]) => [name, watch(target)] as const);
    const tracked = watch(targets.org as Target, 'TRACKED');
    await Promise.all([tracked, ...readers.map(([, r]) => r)].map((r) => r.until((m) => m.length > 0)));
    await add('elsewhere', {}, 'other');
    await add('special', { spec: task('mod.special') }, 'other');
    await add('hidden', { kind: 'TRACKED' }, 'wanted');
    await add('end', { spec: task('mod.special') }, 'wanted');
    const seen: Record<string, string[]> = {};
    for (const [name, reader] of readers) {
      if (name !== 'version') await reader.until((m) => phases(m).has('end'));
      seen[name] = [...phases(reader.messages).keys()].filter((run) => run !== 'first').sort();
    }
    await tracked.until((m) => phases(m).has('hidden'));
    expect([...phases(tracked.messages).keys()]).toEqual(['hidden']);
    const all = ['before', 'elsewhere', 'end', 'special'];
    expect(seen).toEqual({
      org: all,
      cluster: all,
      project: ['before', 'end'],
      task: ['before', 'end', 'special'],
      version: [],
    });
    await Promise.all([tracked, ...readers.map(([, r]) => r)].map((r) => r.stop()));
  });

  it('begins with the newest 1,000 runs in bounded messages, and tells changes of older ones', async () => {
    await Promise.all(Array.from({ length: 1010 }, (_, i) => add(`old${i}`, {}, 'many')));
    const newest = await replica.dialect.reader
      .selectFrom('runs')
      .select('name')
      .where('project', '=', 'many')
      .orderBy('created_at', 'desc')
      .orderBy('name', 'desc')
      .limit(1000)
      .execute();
    const reader = watch(project('many'));
    await reader.until((m) => phases(m).size === 1000);
    expect([...phases(reader.messages).keys()]).toEqual(newest.map(({ name }) => name));
    for (const { runs } of reader.messages) expect(runs.length).toBeLessThanOrEqual(500);
    const shown = new Set(newest.map(({ name }) => name));
    const left = Array.from({ length: 1010 }, (_, i) => `old${i}`).find((name) => !shown.has(name)) ?? '';
    await move(left, 'SUCCEEDED', 'many');
    await reader.until((m) => phases(m).get(left) === ActionPhase.SUCCEEDED);
    await reader.stop();
  });

  it('catches up with everything after it fell behind what is kept', async () => {
    await add('slow0', {}, 'behind');
    let resume = () => {};
    let paused = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const reader = watch(project('behind'), 'RUN', () => paused);
    const fast = watch(project('behind'));
    await reader.until((m) => m.length === 1);
    const count = 60;
    await Promise.all(Array.from({ length: count }, (_, i) => add(`late${i}`, {}, 'behind')));
    await Promise.all(Array.from({ length: count }, (_, i) => move(`late${i}`, 'RUNNING', 'behind')));
    const done = (m: readonly WatchRunsResponse[]) =>
      [...phases(m)].filter(([name, phase]) => name.startsWith('late') && phase === ActionPhase.RUNNING)
        .length === count;
    await fast.until(done);
    paused = Promise.resolve();
    resume();
    await reader.until(done);
    await Promise.all([reader.stop(), fast.stop()]);
  });

  it('needs to know the organization where organizations are kept apart', async () => {
    const separate = { ...replica, organizations: 'separate' as const };
    const request = message(WatchRunsRequestSchema, {
      target: { case: 'clusterId', value: { name: 'here' } },
    });
    const reader = read((context) => watchRuns(separate, 'RUN')(request, context));
    await expect(reader.ended).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

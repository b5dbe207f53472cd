import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { CatalogCacheStatus } from '../../src/gen/flyteidl2/core/catalog_pb.js';
import { CacheLookupScope } from '../../src/gen/flyteidl2/task/run_pb.js';
import { claimExecutions } from '../../src/repository/executions.ts';
import { createPostgresDatabase, dialects } from '../support/databases.ts';
import { type Bench, makeExecutor, SUCCEED, type TestTask, useBench } from './harness.ts';

/** Says that it is there, and ends once it is let go. */
const WAIT = `echo "$RUN_NAME $ACTION_NAME" >> "$2/up"; until [ -e "$2/go" ]; do sleep 0.02; done`;

const serial = (bench: Bench, more: Partial<TestTask> = {}): TestTask => ({
  script: `${WAIT}; ${SUCCEED}`,
  args: [bench.folder],
  cacheKey: 'k1',
  ...more,
  metadata: { discoverable: true, cacheSerializable: true, ...more.metadata },
});

const letGo = (bench: Bench) => writeFile(bench.file('go'), '');

/** Resolves when the executor has looked at a queue in which everything is that was put there before. */
async function looked(bench: Bench, name: string): Promise<void> {
  await bench.run(name, {});
  await bench.untilDone(name);
}

describe.each(dialects)('tasks that wait for an equal one on $name', ({ create }) => {
  const open = useBench(create);

  test('take its result, however many they are', async () => {
    const bench = await open();
    await bench.start();
    const runs = ['r1', 'r2', 'r3', 'r4'];
    for (const run of runs) await bench.run(run, serial(bench));
    await bench.until(async () => (await bench.lines('up')).length > 0);
    await looked(bench, 'other');
    expect(await bench.lines('up')).toEqual(['r1 a0']);
    expect((await bench.execution('r2')).state).toBe('WAITING');
    await letGo(bench);
    for (const run of runs) await bench.untilDone(run);
    const actions = await Promise.all(runs.map((run) => bench.action(run)));
    expect(actions.map(({ phase }) => phase)).toEqual(Array(4).fill('SUCCEEDED'));
    expect(new Set(actions.map(({ tries }) => tries[0]?.output_uri)).size).toBe(1);
    const { CACHE_POPULATED, CACHE_HIT } = CatalogCacheStatus;
    expect(actions.map((one) => one.cache_status)).toEqual([
      CACHE_POPULATED,
      CACHE_HIT,
      CACHE_HIT,
      CACHE_HIT,
    ]);
    expect(await bench.lines('up')).toEqual(['r1 a0']);
  });

  test('do not wait where the task does not want it, the key is another one, or another project keeps its own results', async () => {
    const bench = await open();
    await bench.start();
    await bench.run('r1', serial(bench));
    await bench.run('r2', serial(bench, { metadata: { cacheSerializable: false } }));
    await bench.run('r3', serial(bench, { cacheKey: 'k2' }));
    const cacheConfig = { cacheLookupScope: CacheLookupScope.GLOBAL };
    await bench.run('r4', serial(bench, { runSpec: { cacheConfig } }));
    await bench.until(async () => (await bench.lines('up')).length === 4);
    await letGo(bench);
    for (const run of ['r1', 'r2', 'r3', 'r4']) await bench.untilDone(run);
  });

  test('wait also while it is between two attempts, and run themselves when it has failed for good', async () => {
    const bench = await open();
    bench.now = bench.clock();
    await bench.start();
    const script = `echo "$RUN_NAME $FLYTE_ATTEMPT_NUMBER" >> "$2/up"; [ "$RUN_NAME" = r2 ]`;
    const metadata = { retries: { retries: 1, backoff: { base: { seconds: 60n } } } };
    await bench.run('r1', serial(bench, { script, metadata }));
    await bench.until(async () => (await bench.action('r1')).attempts === 2);
    await bench.run('r2', serial(bench, { script }));
    await looked(bench, 'other');
    expect(await bench.lines('up')).toEqual(['r1 0']);
    bench.advance(60_000);
    await bench.untilDone('r2');
    expect(await bench.lines('up')).toEqual(['r1 0', 'r1 1', 'r2 0']);
    expect((await bench.action('r1')).phase).toBe('FAILED');
    expect(await bench.action('r2')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
  });

  test('run when it was aborted, after its process is gone', async () => {
    const bench = await open();
    await bench.start();
    const script = `mkdir "$2/busy" || echo double >> "$2/doubles"; trap 'rmdir "$2/busy"; exit 1' TERM; ${WAIT}; rmdir "$2/busy"; ${SUCCEED}`;
    await bench.run('r1', serial(bench, { script }));
    await bench.until(async () => (await bench.lines('up')).length === 1);
    await bench.run('r2', serial(bench, { script }));
    await bench.abort('r1');
    await bench.until(async () => (await bench.lines('up')).length === 2);
    await letGo(bench);
    await bench.untilPhase('r2', 'SUCCEEDED');
    expect(await bench.lines('doubles')).toEqual([]);
  });

  test('do not wait for one above them, which waits for them', async () => {
    const bench = await open();
    await bench.start();
    await bench.run('r1', serial(bench));
    // It must not end before it has its child.
    await bench.child('r1', 'c1', { script: `${WAIT}; ${SUCCEED}`, args: [bench.folder] });
    await bench.child('r1', 'c2', serial(bench), 'c1');
    await bench.until(async () => (await bench.lines('up')).includes('r1 c2'));
    await letGo(bench);
    await bench.untilPhase('r1', 'SUCCEEDED');
  });

  test('get a place for the one that they wait for, if everything else waits for them', async () => {
    const bench = await open();
    await bench.start({ maxProcesses: 1 });
    const root = `echo up >> "$2/up"; until [ -e "$2/end" ]; do sleep 0.02; done; ${SUCCEED}`;
    await bench.run('r1', { script: root, args: [bench.folder] });
    await bench.until(async () => (await bench.lines('up')).length === 1);
    await bench.run('r2', serial(bench));
    await bench.child('r1', 'c1', serial(bench));
    await bench.until(async () => (await bench.lines('up')).includes('r2 a0'));
    await letGo(bench);
    await bench.untilPhase('r1', 'SUCCEEDED', 'c1');
    await writeFile(bench.file('end'), '');
    await bench.untilPhase('r1', 'SUCCEEDED');
    expect(await bench.lines('up')).toEqual(['up', 'r2 a0']);
  });

  test('can not be claimed beside it, even by who has not seen that it was claimed', async () => {
    const bench = await open();
    const claims: { actionId: number; token: string }[] = [];
    for (const run of ['r1', 'r2', 'r3']) {
      await bench.run(run, run === 'r3' ? {} : serial(bench));
      claims.push({ actionId: (await bench.execution(run)).action_id, token: run });
    }
    const rows = await claimExecutions(bench.dialect, claims, 'one', bench.clock());
    expect(rows.map((row) => row.token)).toEqual(['r1', 'r3']);
    expect(await claimExecutions(bench.dialect, claims, 'two', bench.clock())).toEqual([]);
  });
});

describe('tasks that wait for an equal one, several executors on postgres', () => {
  const open = useBench(createPostgresDatabase);

  test('one of them makes the result', async () => {
    const bench = await open();
    const executors = ['one', 'two', 'three'].map((node) =>
      makeExecutor(bench, { node, lockFile: bench.file(`lock-${node}`), pollMs: 10 }),
    );
    await Promise.all(executors.map((executor) => executor.start()));
    const runs = Array.from({ length: 20 }, (_, i) => `r${i}`);
    const script = `echo "$RUN_NAME" >> "$2/made"; ${SUCCEED}`;
    await Promise.all(runs.map((run) => bench.run(run, serial(bench, { script }))));
    for (const run of runs) await bench.untilPhase(run, 'SUCCEEDED');
    await Promise.all(executors.map((executor) => executor.stop()));
    expect(await bench.lines('made')).toHaveLength(1);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { survivors } from '../../src/executor/process-table.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { createWatch } from '../../src/watch/watch.ts';
import { dialects } from '../support/databases.ts';
import { type Bench, SUCCEED, useBench } from './harness.ts';

/** A task that says that it runs and then never ends by itself. */
const FOR_EVER = 'echo up >> "$2/up"; while :; do sleep 1; done';

const untilUp = (bench: Bench, count = 1) =>
  bench.until(async () => (await bench.lines('up')).length >= count);

async function remains(bench: Bench, run: string, name = 'a0'): Promise<number[]> {
  const { pid, token } = await bench.execution(run, name);
  return survivors(pid, token ?? '');
}

describe.each(dialects)('endings on $name', ({ create }) => {
  const open = useBench(create);

  test('abort ends every process of the tree, also one that left its group', async () => {
    const bench = await open();
    await bench.start();
    const leaver = `setsid sh -c 'echo up >> "$0/up"; while :; do sleep 1; done' "$2" & ${FOR_EVER}`;
    await bench.run('r1', { script: leaver, args: [bench.folder] });
    await untilUp(bench, 2);
    await bench.child('r1', 'c1', { script: FOR_EVER, args: [bench.folder] });
    await untilUp(bench, 3);
    await bench.untilPhase('r1', 'RUNNING', 'c1');
    expect(await remains(bench, 'r1')).not.toEqual([]);
    await bench.abort('r1');
    await bench.untilDone('r1');
    await bench.untilDone('r1', 'c1');
    expect([await remains(bench, 'r1'), await remains(bench, 'r1', 'c1')]).toEqual([[], []]);
    const phases = [(await bench.action('r1')).phases, (await bench.action('r1', 'c1')).phases];
    expect(phases).toEqual([['ABORTED'], ['ABORTED']]);
  });

  test('an abort by another process is heard of through the change log, however seldom the queue is looked at', async () => {
    const bench = await open();
    const executor = await bench.start({ pollMs: 3_600_000 });
    const watch = createWatch({
      dialect: bench.dialect,
      watchBufferSize: 10,
      feed: { idleMs: 20 },
      onChanges: executor.changed,
    });
    await watch.start();
    await bench.run('r1', { script: FOR_EVER, args: [bench.folder] });
    await untilUp(bench);
    await bench.untilPhase('r1', 'RUNNING');
    const elsewhere = new GroupCommit(bench.dialect, {
      clock: bench.clock,
      maxQueued: 10,
      maxBatch: 10,
      onCommitted: () => {},
    });
    await bench.abort('r1', 'a0', elsewhere);
    await bench.untilDone('r1');
    expect(await remains(bench, 'r1')).toEqual([]);
    await elsewhere.close();
    await watch.stop();
  });

  test('a process that does not heed SIGTERM is killed after the grace', async () => {
    const bench = await open();
    bench.now = bench.clock();
    await bench.start({ killGraceMs: 5000 });
    const script = `trap 'echo asked >> "$2/asked"' TERM; echo up >> "$2/up"; while :; do sleep 0.05; done`;
    await bench.run('r1', { script, args: [bench.folder] });
    await untilUp(bench);
    await bench.untilPhase('r1', 'RUNNING');
    await bench.abort('r1');
    await bench.until(async () => (await bench.lines('asked')).length > 0);
    expect((await bench.execution('r1')).state).toBe('RUNNING');
    bench.advance(5000);
    await bench.untilDone('r1');
    expect(await remains(bench, 'r1')).toEqual([]);
  });

  test('what is aborted while it waits never starts', async () => {
    const bench = await open();
    await bench.run('r1', { script: FOR_EVER, args: [bench.folder] });
    await bench.abort('r1');
    await bench.start();
    await bench.untilDone('r1');
    expect(await bench.lines('up')).toEqual([]);
  });

  test('an abort between claim and start keeps the process from starting', async () => {
    const bench = await open();
    await bench.start({
      hook: async (point) => {
        if (point === 'prepared') await bench.abort('r1');
      },
    });
    await bench.run('r1', { script: FOR_EVER, args: [bench.folder] });
    await bench.untilDone('r1');
    expect((await bench.action('r1')).phases).toEqual(['ABORTED']);
    expect(await remains(bench, 'r1')).toEqual([]);
  });

  test('what is left of a task after its end is ended too', async () => {
    const bench = await open();
    await bench.start();
    const script = `(while :; do sleep 1; done) & ${SUCCEED}`;
    await bench.run('r1', { script });
    await bench.untilPhase('r1', 'SUCCEEDED');
    expect(await remains(bench, 'r1')).toEqual([]);
  });

  test('an action that ends takes its unfinished children with it', async () => {
    const bench = await open();
    await bench.start();
    const script = `echo up >> "$2/up"; until [ -e "$2/go" ]; do sleep 0.02; done; ${SUCCEED}`;
    await bench.run('r1', { script, args: [bench.folder] });
    await untilUp(bench);
    await bench.child('r1', 'c1', { script: FOR_EVER, args: [bench.folder] });
    await untilUp(bench, 2);
    await bench.run('go', { script: 'touch "$2/go"', args: [bench.folder] });
    await bench.untilPhase('r1', 'SUCCEEDED');
    await bench.untilDone('r1', 'c1');
    expect(await bench.action('r1', 'c1')).toMatchObject({
      phase: 'ABORTED',
      abort_reason: expect.stringContaining('"a0"'),
    });
  });

  test('an attempt that runs too long times out, and is tried again while the task allows it', async () => {
    const bench = await open();
    bench.now = bench.clock();
    await bench.start();
    const metadata = { timeout: { seconds: 60n }, retries: { retries: 1 } };
    await bench.run('r1', { script: FOR_EVER, args: [bench.folder], metadata });
    for (const attempt of [1, 2]) {
      await bench.until(async () => {
        const { attempts, phase } = await bench.action('r1');
        return attempts === attempt && phase === 'RUNNING';
      });
      bench.advance(60_001);
      await bench.until(async () => {
        // The executor may have looked at the clock just before it knew that the task runs.
        bench.advance(1);
        const { attempts, end_time } = await bench.action('r1');
        return attempts > attempt || end_time !== null;
      });
    }
    await bench.untilDone('r1');
    const action = await bench.action('r1');
    expect(action.phases).toEqual(['TIMED_OUT', 'TIMED_OUT']);
    expect(action).toMatchObject({ phase: 'TIMED_OUT', error_kind: 'USER' });
    expect(action.errors[0]?.message).toContain('60 s');
    expect(await remains(bench, 'r1')).toEqual([]);
  });

  test('the deadline counts over all attempts and is not tried again', async () => {
    const bench = await open();
    bench.now = bench.clock();
    await bench.start();
    const metadata = { timeouts: { deadline: { seconds: 60n } }, retries: { retries: 5 } };
    await bench.run('r1', { script: FOR_EVER, args: [bench.folder], metadata });
    await bench.untilPhase('r1', 'RUNNING');
    bench.advance(60_001);
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'TIMED_OUT', attempts: 1 });
  });

  test('an attempt that waits too long for its start times out', async () => {
    const bench = await open();
    bench.now = bench.clock();
    await bench.start({ maxProcesses: 1 });
    await bench.run('first', { script: FOR_EVER, args: [bench.folder] });
    await untilUp(bench);
    const metadata = { timeouts: { queuedTimeout: { seconds: 30n } } };
    await bench.run('second', { metadata });
    bench.advance(30_001);
    await bench.untilDone('second');
    expect(await bench.action('second')).toMatchObject({ phase: 'TIMED_OUT', attempts: 1 });
  });

  test('a cached result is found by its key, wherever it was made, unless the run wants it anew or it is too old', async () => {
    const bench = await open();
    bench.now = bench.clock();
    await bench.start();
    const task = { script: `echo made >> "$2/made"; ${SUCCEED}`, args: [bench.folder], cacheKey: 'k1' };
    const status = async (run: string, changed: object = {}) => {
      await bench.run(run, { ...task, ...changed });
      await bench.untilDone(run);
      return (await bench.action(run)).cache_status;
    };
    expect(await status('r1')).toBe(3);
    expect(await status('r2')).toBe(2);
    const [first, second] = [await bench.action('r1'), await bench.action('r2')];
    expect(second.tries[0]?.output_uri).toBe(first.tries[0]?.output_uri);
    expect(second.tries[0]?.cache_metadata).not.toBeNull();
    expect(await status('r3', { runSpec: { cacheConfig: { overwriteCache: true } } })).toBe(3);
    expect(await status('r4', { cacheKey: 'k2' })).toBe(3);
    bench.advance(61_000);
    expect(await status('r5', { metadata: { cacheMaxAge: { seconds: 60n } } })).toBe(3);
    expect(await bench.lines('made')).toHaveLength(4);
  });

  test('stopping the executor leaves processes alone, and the next one finds them', async () => {
    const bench = await open();
    const first = await bench.start();
    const script = `echo up >> "$2/up"; until [ -e "$2/go" ]; do sleep 0.02; done; ${SUCCEED}`;
    await bench.run('r1', { script, args: [bench.folder] });
    await untilUp(bench);
    await bench.untilPhase('r1', 'RUNNING');
    await first.stop();
    expect(await remains(bench, 'r1')).not.toEqual([]);
    await bench.start();
    await bench.run('go', { script: 'touch "$2/go"', args: [bench.folder] });
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
    expect(await bench.lines('up')).toHaveLength(1);
  });

  test('a second executor stands by until the first is gone', async () => {
    const bench = await open();
    const first = await bench.start();
    const second = await bench.start();
    await bench.run('r1', { script: SUCCEED });
    first.wake();
    await bench.untilDone('r1');
    await first.stop();
    await bench.run('r2', { script: SUCCEED });
    await bench.untilDone('r2');
    await second.readiness.check();
    await sleep(0);
  });
});

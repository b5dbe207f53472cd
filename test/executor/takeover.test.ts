import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { survivors } from '../../src/executor/process-table.ts';
import { uptimeMs } from '../../src/executor/uptime.ts';
import { takeOver } from '../../src/repository/executor-leases.ts';
import { claimExecutions } from '../../src/repository/executions.ts';
import { readActionKey } from '../../src/repository/read/execution-task.ts';
import { endExecution } from '../../src/repository/write/commands/execution.ts';
import { dialects } from '../support/databases.ts';
import { type Bench, SUCCEED, useBench } from './harness.ts';
import { BEAT_MS, LEASE_MS, useMachines } from './machines.ts';

/** Its first attempt never ends by itself, later ones succeed. */
const STUCK_AT_FIRST = `echo "$FLYTE_ATTEMPT_NUMBER" >> "$2/starts"
[ "$FLYTE_ATTEMPT_NUMBER" = 0 ] || exit 0
while :; do sleep 1; done`;

describe.each(dialects)('executors on several machines with $name', ({ create }) => {
  const open = useBench(create);
  const { machine, executors } = useMachines();
  const children = new Set<ChildProcess>();
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** Runs a task whose first attempt is stuck, and resolves when it is: its command has begun, and that is written down. */
  async function runUntilStuck(bench: Bench): Promise<void> {
    await bench.run('r1', { script: STUCK_AT_FIRST, args: [bench.folder] });
    await bench.untilPhase('r1', 'RUNNING');
    // A process that is ended before it gets so far does not count as an attempt.
    await bench.until(async () => (await bench.lines('starts')).length > 0);
  }

  async function remains(bench: Bench): Promise<number[]> {
    const { pid, token } = await bench.execution('r1');
    return survivors(pid, token ?? '');
  }

  test('one that is cut off from the database ends its processes before another one runs them again', async () => {
    const bench = await open();
    const one = await machine(bench, 'one');
    await runUntilStuck(bench);
    const two = await machine(bench, 'two');
    one.cut(true);
    // It counts from its last sign of life, the other one from when it saw that.
    await two.pass(LEASE_MS / 2);
    one.jump(LEASE_MS * 0.75 - 1000);
    expect(await remains(bench)).not.toEqual([]);
    one.jump(1000);
    await bench.until(async () => (await remains(bench)).length === 0);
    expect(await bench.execution('r1')).toMatchObject({ node: 'one', attempt: 1, state: 'RUNNING' });
    await two.pass(LEASE_MS / 2 + BEAT_MS);
    await bench.untilDone('r1');
    const action = await bench.action('r1');
    expect(action).toMatchObject({ phase: 'SUCCEEDED', attempts: 2 });
    expect(action.errors[0]).toMatchObject({ code: 'ExecutorLost', kind: 2 });
    expect(await bench.lines('starts')).toEqual(['0', '1']);
    expect(await bench.execution('r1')).toMatchObject({ node: 'two', system_failures: 1, user_failures: 0 });

    await expect(one.executor.readiness.check()).rejects.toThrow('out of reach');
    one.cut(false);
    await bench.until(async () =>
      one.executor.readiness.check().then(
        () => true,
        () => false,
      ),
    );
  });

  test('one that loses its lease and finds nobody in its place runs its tasks again itself', async () => {
    const bench = await open();
    const one = await machine(bench, 'one');
    await runUntilStuck(bench);
    one.jump(LEASE_MS);
    await bench.untilDone('r1');
    const action = await bench.action('r1');
    expect(action).toMatchObject({ phase: 'SUCCEEDED', attempts: 2 });
    expect(action.errors[0]).toMatchObject({ code: 'ProcessLost' });
    expect(await bench.lines('starts')).toEqual(['0', '1']);
  });

  test('one that loses its lease before a process got as far as its command runs that in the same attempt', async () => {
    const bench = await open();
    const script = `echo "$FLYTE_ATTEMPT_NUMBER" >> "$2/starts"; ${SUCCEED}`;
    const recorded = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const started = async () => {
      const { folder, token } = await bench.execution('r1');
      return join(folder ?? '', `started.${token}`);
    };
    let isFirst = true;
    const one = await machine(bench, 'one', {
      hook: async (point) => {
        if (!isFirst) return;
        // The wrapper finds that made, and goes without having done anything.
        if (point === 'prepared') await mkdir(await started());
        if (point !== 'recorded') return;
        isFirst = false;
        recorded.resolve();
        await release.promise;
      },
    });
    await bench.run('r1', { script, args: [bench.folder] });
    await recorded.promise;
    const before = await bench.execution('r1');
    expect(before.state).toBe('RUNNING');
    await bench.until(async () => (await remains(bench)).length === 0);
    await rmdir(await started());
    one.jump(LEASE_MS);
    release.resolve();
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
    expect(await bench.lines('starts')).toEqual(['0']);
    expect((await bench.execution('r1')).token).not.toBe(before.token);
  });

  test('what one still says about an action after it was taken over does not count', async () => {
    const bench = await open();
    const held = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const one = await machine(bench, 'one', {
      // So that it leaves the next attempt to the other one.
      maxProcesses: 1,
      hook: (point) => {
        if (point !== 'ended') return undefined;
        held.resolve();
        return release.promise;
      },
    });
    const script = `echo "$FLYTE_ATTEMPT_NUMBER" >> "$2/starts"
[ "$FLYTE_ATTEMPT_NUMBER" = 0 ] || until [ -e "$2/go" ]; do sleep 0.02; done`;
    await bench.run('r1', { script, args: [bench.folder] });
    await held.promise;
    // Else it could be the one that runs it again.
    one.cut(true);
    const two = await machine(bench, 'two');
    await two.pass(LEASE_MS + BEAT_MS);
    await bench.until(async () => (await bench.lines('starts')).length === 2);
    one.cut(false);
    release.resolve();
    await one.executor.stop();
    await bench.untilPhase('r1', 'RUNNING');
    expect(await bench.action('r1')).toMatchObject({ phase: 'RUNNING', attempts: 2 });
    await writeFile(bench.file('go'), '');
    await bench.untilDone('r1');
    expect((await bench.action('r1')).phases).toEqual(['FAILED', 'SUCCEEDED']);
    expect(await bench.lines('starts')).toEqual(['0', '1']);
  });

  test('a command that it sent too late is refused as a whole, and its neighbours in the transaction are not', async () => {
    const bench = await open();
    await bench.run('r1', {});
    const claims = [{ actionId: (await bench.execution('r1')).action_id, token: 'mine' }];
    const [row] = await claimExecutions(bench.dialect, claims, 'one', bench.clock());
    await bench.dialect.writer
      .insertInto('executors')
      .values({ node: 'one', holder: 'late', beat: 1, lease_ms: 1, renewed_at: bench.clock() })
      .execute();
    await takeOver(bench.dialect, { node: 'one', beat: 1 }, 'two', () => 'theirs');
    const place = await readActionKey(bench.dialect.reader, row?.action_id ?? 0);
    if (row === undefined || place === undefined) throw new Error('nothing was claimed');
    const end = bench.writer.submit(endExecution({ ...place, row }, { phase: 'SUCCEEDED', fields: {} }));
    const [ended, ran] = await Promise.allSettled([end, bench.run('r2', {})]);
    expect(ended).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
    expect(ran.status).toBe('fulfilled');
    expect(await bench.action('r1')).toMatchObject({ phase: 'QUEUED', attempts: 1 });
    expect(await bench.execution('r1')).toMatchObject({ state: 'LOST', node: 'two', token: 'theirs' });
  });

  test('what is in the storage counts, although nobody saw how the process ended', async () => {
    const bench = await open();
    const held = Promise.withResolvers<void>();
    const one = await machine(bench, 'one', {
      hook: (point) => {
        if (point !== 'ended') return undefined;
        held.resolve();
        return new Promise<never>(() => {});
      },
    });
    await bench.run('r1', { script: `echo run >> "$2/runs"; ${SUCCEED}`, args: [bench.folder] });
    await held.promise;
    const two = await machine(bench, 'two');
    await two.pass(LEASE_MS + BEAT_MS);
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
    expect(await bench.lines('runs')).toEqual(['run']);
    executors.splice(executors.indexOf(one.executor), 1);
  });

  test('one that took over and went away before it did anything goes on with that at its return', async () => {
    const bench = await open();
    await bench.run('lost', { metadata: { retries: { retries: 1 } } });
    await bench.run('late', {});
    const claim = async (run: string, state: 'STARTING' | 'EXPIRED') => {
      const { action_id: actionId } = await bench.execution(run);
      await claimExecutions(bench.dialect, [{ actionId, token: run }], 'one', bench.clock(), state);
    };
    await claim('lost', 'STARTING');
    await claim('late', 'EXPIRED');
    await bench.dialect.writer
      .insertInto('executors')
      .values({ node: 'one', holder: 'gone', beat: 7, lease_ms: 1, renewed_at: bench.clock() })
      .execute();
    const tokens = ['a', 'b'];
    const taken = await takeOver(bench.dialect, { node: 'one', beat: 7 }, 'two', () => tokens.shift() ?? '');
    expect(taken.map(({ state, node, token }) => [state, node, token]).sort()).toEqual([
      ['EXPIRED', 'two', 'b'],
      ['LOST', 'two', 'a'],
    ]);
    await machine(bench, 'two');
    await bench.untilDone('lost');
    await bench.untilDone('late');
    expect(await bench.action('lost')).toMatchObject({ phase: 'SUCCEEDED', attempts: 2 });
    expect(await bench.action('late')).toMatchObject({ phase: 'TIMED_OUT', attempts: 1 });
  });

  test('after a restart within the lease the process is found again and goes on', async () => {
    const bench = await open();
    const one = await machine(bench, 'one');
    const script = `echo up >> "$2/up"; until [ -e "$2/go" ]; do sleep 0.02; done; ${SUCCEED}`;
    await bench.run('r1', { script, args: [bench.folder] });
    await bench.untilPhase('r1', 'RUNNING');
    await one.executor.stop();
    await machine(bench, 'one');
    await writeFile(bench.file('go'), '');
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
    expect(await bench.lines('up')).toHaveLength(1);
  });

  test('kill -9 of one that never returns: its task ends by itself, and only then it runs elsewhere', async () => {
    const bench = await open();
    const leaseMs = 6000;
    const script = `until [ -e "$2/go" ]; do echo "$FLYTE_ATTEMPT_NUMBER" >> "$2/ticks"; sleep 0.05; done; ${SUCCEED}`;
    await bench.run('r1', { script, args: [bench.folder] });
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'executor-process.ts'),
        JSON.stringify(bench.databaseConfig),
        bench.folder,
        'ended',
        String(leaseMs),
      ],
      { stdio: 'inherit' },
    );
    children.add(child);
    await bench.untilPhase('r1', 'RUNNING');
    child.kill('SIGKILL');
    const lease = { leaseMs, file: bench.file('two.lease'), earlierName: 'two of old', uptimeMs };
    await machine(bench, 'two', { lease });
    const ticksOf = async (attempt: string) =>
      (await bench.lines('ticks')).filter((line) => line === attempt).length;
    await bench.until(async () => (await ticksOf('1')) >= 10);
    await writeFile(bench.file('go'), '');
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 2 });
    const ticks = await bench.lines('ticks');
    expect(ticks).toEqual(ticks.toSorted());
  });
});

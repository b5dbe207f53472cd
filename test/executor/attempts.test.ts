import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { attemptLogFile } from '../../src/executor/places.ts';
import { notFound } from '../../src/runs/errors.ts';
import { dialects } from '../support/databases.ts';
import { SUCCEED, useBench } from './harness.ts';

describe.each(dialects)('attempts on $name', ({ create }) => {
  const open = useBench(create);

  test('outputs are success, whatever the exit code', async () => {
    const bench = await open();
    await bench.start();
    await bench.run('r1', { script: `${SUCCEED}; exit 7` });
    await bench.untilDone('r1');
    const action = await bench.action('r1');
    expect(action.phases).toEqual(['SUCCEEDED']);
    expect(action.tries[0]?.output_uri).toMatch(/\/runs\/p\/d\/r1\/\d+T\d+\/a0\/1\/outputs\.pb$/);
    const history = await bench.dialect.reader
      .selectFrom('phase_transitions')
      .select('phase')
      .where('attempt_id', '=', action.tries[0]?.id ?? 0)
      .orderBy('start_time')
      .execute();
    expect(history.map(({ phase }) => phase)).toEqual(['QUEUED', 'INITIALIZING', 'RUNNING', 'SUCCEEDED']);
  });

  test('without outputs and error the exit code decides, and the end of the log says why', async () => {
    const bench = await open();
    await bench.start();
    await bench.run('good', { script: 'exit 0' });
    await bench.run('bad', { script: 'echo to the log; echo oops >&2; exit 3' });
    await bench.run('absent', { command: ['no-such-program'] });
    await Promise.all(['good', 'bad', 'absent'].map((run) => bench.untilDone(run)));
    expect((await bench.action('good')).phase).toBe('SUCCEEDED');
    const bad = await bench.action('bad');
    expect(bad).toMatchObject({ phase: 'FAILED', error_kind: 'USER', error_line: 'oops' });
    expect(bad.errors[0]).toMatchObject({ code: 'ProcessExit' });
    expect(bad.errors[0]?.message).toContain('exit code 3');
    expect((await bench.action('absent')).errors[0]?.message).toContain('no-such-program');
    const run = await bench.dialect.reader
      .selectFrom('runs')
      .selectAll()
      .where('name', '=', 'bad')
      .executeTakeFirstOrThrow();
    const log = attemptLogFile(bench.file('work'), {
      stored: run,
      createdAt: run.created_at,
      action: 'a0',
      attempt: 1,
    });
    expect(await readFile(log, 'utf8')).toBe('to the log\noops\n');
  });

  test('a recoverable error is tried again, with its own number and output prefix, as often as the task allows', async () => {
    const bench = await open();
    const error = await bench.errorFile(true);
    await bench.start();
    const script = 'echo "$1 $FLYTE_ATTEMPT_NUMBER $3" >> "$2/tries"; mkdir -p "$1"; cp "$4" "$1/error.pb"';
    const args = [bench.folder, '{{ .prevCheckpointPrefix }}', error];
    await bench.run('r1', { script, args, metadata: { retries: { retries: 2 } } });
    await bench.untilDone('r1');
    const action = await bench.action('r1');
    expect(action).toMatchObject({ phase: 'FAILED', attempts: 3, error_line: 'it broke' });
    expect(action.phases).toEqual(['FAILED', 'FAILED', 'FAILED']);
    const tries = (await bench.lines('tries')).map((line) => line.replaceAll(/\S*(?=\/a0\/)/g, ''));
    expect(tries).toEqual([
      '/a0/1 0 ""',
      '/a0/2 1 /a0/1/_flytecheckpoints',
      '/a0/3 2 /a0/2/_flytecheckpoints',
    ]);
  });

  test('an error that is not recoverable ends the action at once', async () => {
    const bench = await open();
    const error = await bench.errorFile(false, 'Traceback\nValueError: no');
    await bench.start();
    const script = 'mkdir -p "$1"; cp "$2" "$1/error.pb"; : > "$1/outputs.pb"';
    await bench.run('r1', { script, args: [error], metadata: { retries: { retries: 5 } } });
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({
      phase: 'FAILED',
      attempts: 1,
      error_line: 'ValueError: no',
    });
  });

  test('a retry waits as long as the task wants it to', async () => {
    const bench = await open();
    bench.now = bench.clock();
    await bench.start();
    const backoff = { base: { seconds: 60n }, factor: 2, cap: { seconds: 600n } };
    const script = '[ "$FLYTE_ATTEMPT_NUMBER" = 2 ] || exit 1';
    await bench.run('r1', { script, metadata: { retries: { retries: 2, backoff } } });
    await bench.until(async () => (await bench.action('r1')).attempts === 2);
    bench.advance(60_000);
    await bench.until(async () => (await bench.action('r1')).attempts === 3);
    const waiting = await bench.execution('r1');
    expect(Date.parse(waiting.not_before) - Date.parse(waiting.queued_at)).toBe(120_000);
    bench.advance(120_000);
    await bench.untilPhase('r1', 'SUCCEEDED');
  });

  test('a process that was killed from outside is a failure of the system that costs the task no retry', async () => {
    const bench = await open();
    await bench.start({ systemRetries: 1 });
    const script = 'echo run >> "$2/tries"; kill -9 0';
    await bench.run('r1', { script, args: [bench.folder] });
    await bench.untilDone('r1');
    const action = await bench.action('r1');
    expect(action).toMatchObject({ phase: 'FAILED', attempts: 2, error_kind: 'SYSTEM' });
    expect(action.errors.map((error) => error?.code)).toEqual(['ProcessLost', 'ProcessLost']);
    expect(await bench.lines('tries')).toHaveLength(2);
  });

  test('a task gets its environment: the run over the container, what it is over both, and nothing of the service', async () => {
    const bench = await open();
    process.env.RUNS_TEST_SECRET = 'of the service';
    await bench.start({
      prepare: { secrets: async () => ({ TOKEN: 'secret' }), machine: { LANG: 'C.UTF-8' } },
    });
    await bench.run('r1', {
      script: `env > "$2/env"; pwd >> "$2/cwd"; ${SUCCEED}`,
      args: [bench.folder],
      environment: { COLOR: 'red', SIZE: 'small', RUN_NAME: 'forged', PATH: '/opt/x' },
      runSpec: { envs: { values: [{ key: 'COLOR', value: 'blue' }] } },
    });
    await bench.untilPhase('r1', 'SUCCEEDED');
    delete process.env.RUNS_TEST_SECRET;
    const env = Object.fromEntries(
      (await bench.lines('env')).map((line) => [line.split('=')[0], line.replace(/^[^=]*=/, '')]),
    );
    expect(env).toMatchObject({
      COLOR: 'blue',
      SIZE: 'small',
      RUN_NAME: 'r1',
      ACTION_NAME: 'a0',
      TOKEN: 'secret',
      LANG: 'C.UTF-8',
      _U_ORG_NAME: 'acme',
      FLYTE_INTERNAL_EXECUTION_PROJECT: 'p',
      FLYTE_INTERNAL_EXECUTION_DOMAIN: 'd',
      FLYTE_ATTEMPT_NUMBER: '0',
      _U_EP_OVERRIDE: '127.0.0.1:9',
      _U_INSECURE: 'true',
      _U_USE_ACTIONS: '1',
      FSSPEC_FILE: '{}',
      PATH: expect.stringMatching(/^\/opt\/x:.*\/usr\/bin:\/bin/),
      _U_RUN_BASE: expect.stringMatching(/\/storage\/runs\/p\/d\/r1\/\w+$/),
    });
    expect(env).not.toHaveProperty('RUNS_TEST_SECRET');
    expect((await bench.lines('cwd'))[0]).toBe(`${env.HOME?.replace(/home$/, 'cwd')}`);
  });

  test('inline inputs are a file for the task, and a task without inputs has an empty one', async () => {
    const bench = await open();
    await bench.start();
    const script = `wc -c < "$2" >> "$3/sizes"; ${SUCCEED}`;
    const args = ['{{.input}}', bench.folder];
    await bench.run('r1', { script, args, inputs: new Uint8Array(17) });
    await bench.untilDone('r1');
    await bench.run('r2', { script, args });
    await bench.untilDone('r2');
    expect((await bench.lines('sizes')).map(Number)).toEqual([17, 0]);
  });

  test('a secret that is not there fails the action for good', async () => {
    const bench = await open();
    await bench.start({
      prepare: {
        secrets: async () => {
          throw notFound('there is no secret "x"');
        },
      },
    });
    await bench.run('r1', { metadata: { retries: { retries: 3 } } });
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'FAILED', attempts: 1, error_kind: 'USER' });
  });

  test('a task without a command fails with a sentence', async () => {
    const bench = await open();
    await bench.start();
    await bench.run('r1', { command: [] });
    await bench.untilDone('r1');
    expect((await bench.action('r1')).errors[0]).toMatchObject({ code: 'NoCommand' });
  });

  test('an attempt that begins while the one before it is not put away yet can be ended', async () => {
    const bench = await open();
    const release = Promise.withResolvers<void>();
    const executor = await bench.start({
      hook: (point) => (point === 'settled' ? release.promise : undefined),
    });
    const script = `[ "$FLYTE_ATTEMPT_NUMBER" = 1 ] || exit 1; : > "$2/up"; while :; do sleep 1; done`;
    const metadata = { retries: { retries: 1 } };
    await bench.run('r1', { script, args: [bench.folder], metadata });
    await bench.until(async () => existsSync(bench.file('up')));
    release.resolve();
    // Nothing is left for it to do but what follows at once.
    await setImmediate();
    expect(executor.running).toBe(1);
    await bench.abort('r1');
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'ABORTED', attempts: 2 });
  });
});

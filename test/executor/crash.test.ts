import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { HookPoint } from '../../src/executor/live.ts';
import { survivors } from '../../src/executor/process-table.ts';
import { dialects } from '../support/databases.ts';
import { type Bench, useBench } from './harness.ts';

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts an executor that stops at a point, and resolves when it got there. */
async function executorThatHolds(bench: Bench, point: HookPoint): Promise<ChildProcess> {
  const config = JSON.stringify(bench.databaseConfig);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'executor-process.ts'), config, bench.folder, point],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.add(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await bench.until(async () => output.includes(`${point}\n`));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  children.delete(child);
}

/** A task that complains if another one like it runs, waits to be let go, and then has its effect. */
const SCRIPT = `
echo "start $FLYTE_ATTEMPT_NUMBER" >> "$2/starts"
mkdir "$2/busy" || echo double >> "$2/doubles"
until [ -e "$2/go" ]; do sleep 0.02; done
rmdir "$2/busy"
echo effect >> "$2/effects"
mkdir -p "$1" && : > "$1/outputs.pb"
`;

describe.each(dialects)('kill -9 of the executor on $name', ({ create }) => {
  const open = useBench(create);

  async function letGo(bench: Bench): Promise<void> {
    await writeFile(bench.file('go'), '');
  }

  test.each<HookPoint>(['claimed', 'begun', 'prepared', 'spawned', 'recorded'])(
    'at "%s": the task is run once, in its first attempt',
    async (point) => {
      const bench = await open();
      await bench.run('r1', { script: SCRIPT, args: [bench.folder] });
      await kill(await executorThatHolds(bench, point));
      await bench.start();
      await bench.until(async () => (await bench.lines('starts')).length > 0);
      await letGo(bench);
      await bench.untilDone('r1');
      expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
      expect(await bench.lines('starts')).toEqual(['start 0']);
      expect([await bench.lines('doubles'), await bench.lines('effects')]).toEqual([[], ['effect']]);
      const [attempt] = (await bench.action('r1')).tries;
      expect(attempt?.log_context).not.toBeNull();
    },
  );

  test.each<HookPoint>(['ended', 'settled'])(
    'at "%s": the result of what has ended is recorded, and nothing runs again',
    async (point) => {
      const bench = await open();
      await bench.run('r1', { script: SCRIPT, args: [bench.folder] });
      await letGo(bench);
      await kill(await executorThatHolds(bench, point));
      await bench.start();
      await bench.untilDone('r1');
      expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
      expect([await bench.lines('starts'), await bench.lines('effects')]).toEqual([['start 0'], ['effect']]);
    },
  );

  test('a failure that ended in between is counted once, and its retry follows', async () => {
    const bench = await open();
    const script = 'echo "$FLYTE_ATTEMPT_NUMBER" >> "$2/starts"; [ "$FLYTE_ATTEMPT_NUMBER" = 1 ]';
    await bench.run('r1', { script, args: [bench.folder], metadata: { retries: { retries: 1 } } });
    await kill(await executorThatHolds(bench, 'ended'));
    await bench.start();
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 2 });
    expect(await bench.lines('starts')).toEqual(['0', '1']);
  });

  test('a task that died with the executor is tried again as a new attempt, whose number the task sees', async () => {
    const bench = await open();
    await bench.run('r1', { script: SCRIPT, args: [bench.folder] });
    const child = await executorThatHolds(bench, 'recorded');
    await bench.until(async () => (await bench.lines('starts')).length > 0);
    const { pid } = await bench.execution('r1');
    await kill(child);
    process.kill(-(pid ?? 0), 'SIGKILL');
    await bench.until(async () => existsSync(bench.file('busy')));
    await rmdir(bench.file('busy'));
    await bench.start();
    await bench.until(async () => (await bench.lines('starts')).length > 1);
    await letGo(bench);
    await bench.untilDone('r1');
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 2 });
    expect((await bench.action('r1')).phases).toEqual(['FAILED', 'SUCCEEDED']);
    expect((await bench.action('r1')).errors[0]).toMatchObject({ code: 'ProcessLost' });
    expect([await bench.lines('starts'), await bench.lines('effects')]).toEqual([
      ['start 0', 'start 1'],
      ['effect'],
    ]);
  });

  test('an abort while no executor is there ends the processes at its return', async () => {
    const bench = await open();
    await bench.run('r1', { script: SCRIPT, args: [bench.folder] });
    const child = await executorThatHolds(bench, 'recorded');
    await bench.until(async () => (await bench.lines('starts')).length > 0);
    await kill(child);
    await bench.abort('r1');
    await bench.start();
    await bench.untilDone('r1');
    await letGo(bench);
    expect(await bench.lines('effects')).toEqual([]);
    const { pid, token } = await bench.execution('r1');
    expect(await survivors(pid, token ?? '')).toEqual([]);
  });
});

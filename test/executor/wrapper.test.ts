import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive } from '../../src/executor/find-process.ts';
import { processStart, survivors } from '../../src/executor/process-table.ts';
import { askToEnd, endAll } from '../../src/executor/task-process.ts';
import {
  prepareFolder,
  readExitCode,
  readWrapperPid,
  revokeStart,
  startWrapper,
} from '../../src/executor/wrapper.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runs-wrapper-'));
  await prepareFolder(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const environment = { PATH: '/usr/bin:/bin' };
const start = (token: string, script: string) =>
  startWrapper({ folder, token, argv: ['/bin/sh', '-c', script], environment });

test('the command runs in its folder, its output is the log, its exit code is kept', async () => {
  const { pid, ended } = await start('t1', 'pwd; echo oops >&2; exit 3');
  await ended;
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe(`${join(folder, 'cwd')}\noops\n`);
  expect(await readExitCode(folder, 't1')).toBe(3);
  expect(await readWrapperPid(folder, 't1')).toMatchObject({ pid });
});

test('who a wrapper says that it is can be compared with the table of processes', async () => {
  const { pid, ended } = await start('t1', 'until [ -e ../go ]; do sleep 0.01; done');
  let said: { pid: number; start: string } | undefined;
  while (said === undefined) said = await readWrapperPid(folder, 't1');
  expect(said).toEqual({ pid, start: await processStart(pid) });
  expect(await isAlive(said)).toBe(true);
  expect(await isAlive({ pid, start: 'another time' })).toBe(false);
  await endAll({ pid, token: 't1' }, new AbortController().signal);
  await ended;
  expect(await isAlive(said)).toBe(false);
  expect(await survivors(pid, 't1')).toEqual([]);
});

test('a wrapper whose start was revoked never runs its command', async () => {
  expect(await revokeStart(folder, 't1')).toBe('never');
  const { ended } = await start('t1', 'touch ../ran');
  await ended;
  await expect(readFile(join(folder, 'ran'))).rejects.toThrow('ENOENT');
  expect(await readExitCode(folder, 't1')).toBeUndefined();
});

test('of a wrapper and whoever revokes its start exactly one wins', async () => {
  for (let i = 0; i < 20; i++) {
    const token = `race${i}`;
    const [wrapper, proof] = await Promise.all([start(token, 'exit 0'), revokeStart(folder, token)]);
    await wrapper.ended;
    const ran = (await readExitCode(folder, token)) !== undefined;
    expect(ran).toBe(proof === 'begun');
  }
});

test('only one of two wrappers with the same token runs the command', async () => {
  const both = await Promise.all([start('t1', 'echo ran >> ../ran'), start('t1', 'echo ran >> ../ran')]);
  await Promise.all(both.map((one) => one.ended));
  expect(await readFile(join(folder, 'ran'), 'utf8')).toBe('ran\n');
});

test('a folder that is gone is told apart from a start that was revoked', async () => {
  expect(await revokeStart(join(folder, 'nothing'), 't1')).toBe('no folder');
});

test('the exit code is that of the command also when everybody was asked to end', async () => {
  const { pid, ended } = await start('t1', 'trap "exit 5" TERM; touch ../up; while :; do sleep 0.01; done');
  while ((await readFile(join(folder, 'up')).catch(() => undefined)) === undefined);
  await askToEnd({ pid, token: 't1' }, new Set());
  await ended;
  expect(await readExitCode(folder, 't1')).toBe(5);
});

describe('a lease', () => {
  const startUnder = (term: string, script: string) =>
    startWrapper({
      folder,
      token: 't1',
      argv: ['/bin/sh', '-c', script],
      environment,
      lease: { file: join(folder, 'lease'), term, clock: join(folder, 'clock') },
    });
  const lease = (until: number) => put('lease', `${until} one\n`);
  const setClock = (now: number) => put('clock', `${now}.99 7.00\n`);
  const put = async (name: string, text: string) => {
    await writeFile(join(folder, 'new'), text);
    await rename(join(folder, 'new'), join(folder, name));
  };

  test.each([
    ['is over', 100, 'one'],
    ['was lost and won again', 200, 'zero'],
  ])('that %s lets nothing begin', async (_, until, term) => {
    await lease(until);
    await setClock(100);
    const { ended } = await startUnder(term, 'touch ../ran');
    await ended;
    await expect(readFile(join(folder, 'ran'))).rejects.toThrow('ENOENT');
    expect(await readWrapperPid(folder, 't1')).toBeUndefined();
  });

  test('is looked at when its time is up: what was not prolonged ends with all its processes, whatever they heed', async () => {
    await setClock(100);
    await lease(101);
    const { pid, ended } = await startUnder('one', `trap '' TERM; setsid sleep 600 & exec sleep 600`);
    // Wrapper, guard, both sleepers, and what the guard sleeps by: each look makes that anew.
    const untilAll = async (): Promise<number[]> => {
      for (;;) {
        const pids = await survivors(pid, 't1');
        if (pids.length === 5) return pids;
      }
    };
    const nextLook = async () => {
      const before = new Set(await untilAll());
      while ((await untilAll()).every((one) => before.has(one)));
    };
    await untilAll();
    await askToEnd({ pid, token: 't1' }, new Set());
    await lease(103);
    await setClock(102);
    await nextLook();
    await nextLook();
    await setClock(103);
    await ended;
    while ((await survivors(pid, 't1')).length > 0);
    expect(await readExitCode(folder, 't1')).toBeUndefined();
  });

  test('that lasts does not keep the wrapper from ending with its command', async () => {
    await lease(200);
    await setClock(100);
    const { pid, ended } = await startUnder('one', 'exit 4');
    await ended;
    expect(await readExitCode(folder, 't1')).toBe(4);
    await endAll({ pid, token: 't1' }, new AbortController().signal);
    expect(await survivors(pid, 't1')).toEqual([]);
  });
});

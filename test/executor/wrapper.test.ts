import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processStart, survivors } from '../../src/executor/process-table.ts';
import { askToEnd, endAll, isAlive } from '../../src/executor/task-process.ts';
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

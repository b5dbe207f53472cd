import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { dialects } from '../support/databases.ts';
import { databaseEnvironment } from '../support/service-process.ts';
import { type Bench, SUCCEED, useBench } from './harness.ts';

const root = dirname(dirname(import.meta.dirname));
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** `make executor` on the database of a bench. */
function startExecutor(bench: Bench, environment: Record<string, string>) {
  const child = spawn(
    process.execPath,
    [join(root, 'src/executor-main.ts'), '--config', join(root, 'config.yaml')],
    {
      cwd: bench.folder,
      env: {
        ...process.env,
        ...databaseEnvironment(bench.databaseConfig),
        EXECUTOR_KIND: 'process',
        EXECUTOR_PROCESS_MAX_PROCESSES: '1',
        EXECUTOR_PROCESS_ENDPOINT: '127.0.0.1:9',
        LOGGER_FORMAT: 'json',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  children.add(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  return { child, log: () => log };
}

describe.each(dialects)('the status of an executor of its own on $name', ({ create }) => {
  const open = useBench(create);

  test('is shown on a port of this machine, until it stops', async () => {
    const bench = await open();
    const { child, log } = startExecutor(bench, { EXECUTOR_PROCESS_STATUS_PORT: '0' });
    const found = () => /status at (http:\/\/127\.0\.0\.1:\d+)/.exec(log())?.[1];
    await bench.until(async () => found() !== undefined || child.exitCode !== null);
    const url = found() ?? '';
    const page = async (path: string) => {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, text: await response.text() };
    };
    const value = async (name: string) =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec((await page('/metrics')).text)?.[1]);
    expect((await page('/healthz')).status).toBe(200);
    expect(JSON.parse((await page('/readyz')).text)).toMatchObject({
      status: 'ready',
      checks: { database: 'ok', executor: 'ok' },
    });
    expect((await page('/nothing')).status).toBe(404);

    const script = `until [ -e "$2/go" ]; do sleep 0.02; done; ${SUCCEED}`;
    for (const run of ['r1', 'r2']) await bench.run(run, { script, args: [bench.folder] });
    await bench.until(async () => (await value('runs_executor_queue_depth')) === 1);
    expect(await value('runs_executor_processes')).toBe(1);
    await bench.until(async () => (await value('runs_executor_oldest_waiting_seconds')) > 0);
    await writeFile(bench.file('go'), '');
    await bench.untilPhase('r2', 'SUCCEEDED');
    await bench.until(async () => (await value('runs_executor_oldest_waiting_seconds')) === 0);

    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    await expect(page('/healthz')).rejects.toThrow();
  });

  test('needs its port: another one in the way is one sentence', async () => {
    const bench = await open();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { child, log } = startExecutor(bench, { EXECUTOR_PROCESS_STATUS_PORT: String(port) });
    expect(await once(child, 'close')).toEqual([1, null]);
    other.close();
    expect(log()).toContain(
      `port ${port} on 127.0.0.1 is already in use; stop the other process or set executor.process.statusPort to another one`,
    );
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ActionsService } from '../../src/gen/flyteidl2/actions/actions_service_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { actionId, runId, taskSpec } from '../rpc/requests.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { freePort } from '../support/postgres-server.ts';
import { databaseEnvironment, type ServiceProcess, startServiceProcess } from '../support/service-process.ts';

const TIMEOUT = 20_000;

/** Complains if another process of the same action runs, waits to be let go (for two minutes at most), and then has its effect. */
const SCRIPT = `
me="$RUN_NAME-$ACTION_NAME"
echo "$me $FLYTE_ATTEMPT_NUMBER" >> "$2/starts"
mkdir "$2/busy-$me" || echo "$me" >> "$2/doubles"
n=0
until [ -e "$2/go-$me" ] || [ $n -gt 2400 ]; do sleep 0.05; n=$((n+1)); done
rmdir "$2/busy-$me"
echo "$me" >> "$2/effects"
mkdir -p "$1" && : > "$1/outputs.pb"
`;

/** One of the two services: it can be killed and started again, at the same address and on the same database. */
class Instance {
  readonly #port: number;
  readonly #environment: Record<string, string>;
  #process: ServiceProcess | undefined;
  readonly runs: Client<typeof RunService>;
  readonly actions: Client<typeof ActionsService>;
  readonly data: Client<typeof DataProxyService>;

  constructor(port: number, environment: Record<string, string>) {
    this.#port = port;
    this.#environment = environment;
    const transport = createConnectTransport({ baseUrl: `http://127.0.0.1:${port}`, httpVersion: '1.1' });
    this.runs = createClient(RunService, transport);
    this.actions = createClient(ActionsService, transport);
    this.data = createClient(DataProxyService, transport);
  }

  async start(): Promise<void> {
    this.#process = await startServiceProcess({ port: this.#port, environment: this.#environment });
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  log(): string {
    return this.#process?.log() ?? '';
  }
}

describe.each(dialects)('a service whose tasks another one runs, both on $name', ({ create }) => {
  let folder = '';
  const databases: TestDatabase[] = [];
  let front: Instance;
  let back: Instance;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runs-remote-'));
    const ports = [await freePort(), await freePort()] as const;
    const common = {
      STORAGE_FOLDER: join(folder, 'storage'),
      RUNS_PROJECTS_AUTO_CREATE: 'true',
      LOGGER_FORMAT: 'json',
    };
    databases.push(await create(), await create());
    front = new Instance(ports[0], {
      ...common,
      ...databaseEnvironment(databases[0]?.config as TestDatabase['config']),
      EXECUTOR_KIND: 'remote',
      EXECUTOR_REMOTE_URL: `http://127.0.0.1:${ports[1]}`,
    });
    back = new Instance(ports[1], {
      ...common,
      ...databaseEnvironment(databases[1]?.config as TestDatabase['config']),
      EXECUTOR_KIND: 'process',
      EXECUTOR_PROCESS_WORK_DIR: join(folder, 'work'),
      EXECUTOR_PROCESS_MAX_PROCESSES: '40',
      EXECUTOR_REPORT_TO_URL: `http://127.0.0.1:${ports[0]}`,
    });
    await Promise.all([front.start(), back.start()]);
  }, TIMEOUT);

  afterAll(async () => {
    await front?.stop();
    await back?.stop();
    for (const database of databases) await database.drop();
    await rm(folder, { recursive: true, force: true });
  }, TIMEOUT);

  const spec = (script = SCRIPT, retries = 0) =>
    taskSpec('remote.work', {
      taskTemplate: {
        id: { name: 'remote.work', version: 'v1' },
        type: 'raw',
        metadata: { retries: { retries } },
        target: {
          case: 'container',
          value: { image: 'none', command: ['/bin/sh', '-c', script, 'task', '{{.outputPrefix}}', folder] },
        },
      },
    });

  const run = (name: string, script?: string, retries?: number) =>
    front.runs.createRun({
      id: { case: 'runId', value: runId(name) },
      task: { case: 'taskSpec', value: spec(script, retries) },
    });

  /** A running task asks the service that runs it for a child. */
  const child = (name: string, of: string, kind: 'task' | 'condition') =>
    back.actions.enqueue({
      action: {
        actionId: actionId(of, name),
        parentActionName: 'a0',
        inputUri: `file://${folder}/none`,
        runOutputBase: `file://${folder}/none`,
        spec:
          kind === 'task'
            ? { case: 'task', value: { spec: spec() } }
            : { case: 'condition', value: { name: 'approve' } },
      },
    });

  const letGo = (...names: string[]) =>
    Promise.all(names.map((name) => writeFile(join(folder, `go-${name}`), '')));
  const lines = async (file: string) =>
    (await readFile(join(folder, file), 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  const details = async (on: Instance, name: string, action = 'a0') =>
    (await on.runs.getActionDetails({ actionId: actionId(name, action) })).details;
  const phase = async (on: Instance, name: string, action?: string) =>
    ActionPhase[(await details(on, name, action))?.status?.phase ?? 0];
  const reaches = (on: Instance, wanted: string, name: string, action?: string) =>
    vi.waitFor(async () => expect(await phase(on, name, action).catch(String)).toBe(wanted), {
      timeout: TIMEOUT,
      interval: 50,
    });
  const started = (...names: string[]) =>
    vi.waitFor(
      async () => expect(await lines('starts')).toEqual(expect.arrayContaining(names.map((n) => `${n} 0`))),
      { timeout: TIMEOUT, interval: 50 },
    );

  it(
    'kill -9 of the one that runs tasks, and of the one that hands them over: nothing is lost, nothing runs twice',
    async () => {
      const early = ['early-0', 'early-1', 'early-2', 'early-3'];
      const late = ['late-0', 'late-1', 'late-2'];
      for (const name of early) await run(name);
      await started(...early.map((name) => `${name}-a0`));
      await child('k0', 'early-0', 'task');
      await started('early-0-k0');
      await reaches(front, 'RUNNING', 'early-0', 'k0');

      await back.kill();
      for (const name of [...late, 'unwanted']) await run(name);
      await front.runs.abortRun({ runId: runId('unwanted'), reason: 'enough' });
      // What ends while nobody looks is found by the next process.
      await letGo('early-1-a0');
      await vi.waitFor(async () => expect(await lines('effects')).toEqual(['early-1-a0']), TIMEOUT);

      await front.kill();
      await back.start();
      await reaches(back, 'SUCCEEDED', 'early-1');
      await letGo('early-2-a0');
      await reaches(back, 'SUCCEEDED', 'early-2');
      await front.start();

      await started(...late.map((name) => `${name}-a0`));
      // A parent that ends takes its unfinished children along, so the child has to be done before.
      await letGo('early-0-k0');
      await reaches(back, 'SUCCEEDED', 'early-0', 'k0');
      await letGo(...[...early, ...late].map((name) => `${name}-a0`));
      for (const name of [...early, ...late]) await reaches(front, 'SUCCEEDED', name);
      await reaches(front, 'SUCCEEDED', 'early-0', 'k0');
      expect(await phase(front, 'unwanted')).toBe('ABORTED');

      const actions = [...early, ...late]
        .map((name) => `${name}-a0`)
        .concat('early-0-k0')
        .sort();
      expect(await lines('starts')).toEqual(actions.map((name) => `${name} 0`));
      expect(await lines('effects')).toEqual(actions);
      expect(await lines('doubles')).toEqual([]);
      for (const name of [...early, ...late]) {
        const [here, there] = [await details(front, name), await details(back, name)];
        expect(here?.attempts.map((one) => one.phaseTransitions.map((t) => ActionPhase[t.phase]))).toEqual([
          ['QUEUED', 'INITIALIZING', 'RUNNING', 'SUCCEEDED'],
        ]);
        expect(here?.status?.endTime).toEqual(there?.status?.endTime);
      }
    },
    3 * TIMEOUT,
  );

  it(
    'an abort ends the tasks over there, with their children',
    async () => {
      await run('ended');
      await started('ended-a0');
      await child('k0', 'ended', 'task');
      await reaches(front, 'RUNNING', 'ended', 'k0');
      await front.runs.abortRun({ runId: runId('ended'), reason: 'enough' });
      await reaches(back, 'ABORTED', 'ended', 'k0');
      expect(await details(front, 'ended')).toMatchObject({ result: { value: { reason: 'enough' } } });
      expect(await details(back, 'ended')).toMatchObject({ result: { value: { reason: 'enough' } } });
    },
    TIMEOUT,
  );

  it(
    'what a task prints over there is read from here, while it runs',
    async () => {
      await run('prints', `echo hello; ${SCRIPT}`);
      await started('prints-a0');
      const request = { actionId: actionId('prints', 'a0'), attempt: 1 };
      const printed: string[] = [];
      for await (const { logs } of front.data.tailLogs(request)) {
        printed.push(...logs.flatMap((log) => log.lines.map(({ message }) => message)));
        await letGo('prints-a0');
      }
      expect(printed).toEqual(['hello\n']);
    },
    TIMEOUT,
  );

  it(
    'a condition that is made over there is signalled from here',
    async () => {
      await run('asks');
      await started('asks-a0');
      await child('c0', 'asks', 'condition');
      await reaches(front, 'PAUSED', 'asks', 'c0');
      await front.runs.signalEvent({
        actionId: actionId('asks', 'c0'),
        payload: { value: { case: 'intValue', value: 42n } },
      });
      await reaches(back, 'SUCCEEDED', 'asks', 'c0');
      await letGo('asks-a0');
      await reaches(front, 'SUCCEEDED', 'asks');
    },
    TIMEOUT,
  );

  it(
    'attempts that failed are reported with those that follow, and the failure at the end with its reason',
    async () => {
      // The first process is killed from outside: its attempt is one that no retry of the task pays for.
      const killed = '[ "$FLYTE_ATTEMPT_NUMBER" = 0 ] && kill -9 0; mkdir -p "$1" && : > "$1/outputs.pb"';
      await run('killed', killed);
      await reaches(front, 'SUCCEEDED', 'killed');
      const attempts = (await details(front, 'killed'))?.attempts ?? [];
      expect(attempts.map((one) => ActionPhase[one.phase])).toEqual(['FAILED', 'SUCCEEDED']);

      await run('broken', 'echo so be it >&2; exit 3');
      await reaches(front, 'FAILED', 'broken');
      const there = await details(back, 'broken');
      expect(await details(front, 'broken')).toMatchObject({ result: there?.result });
      expect(there?.result.case).toBe('errorInfo');
    },
    TIMEOUT,
  );
});

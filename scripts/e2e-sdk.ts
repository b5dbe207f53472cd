/**
 * `node scripts/e2e-sdk.ts [sqlite|postgres]`: records runs of the unmodified Flyte SDK and checks what the service says of them.
 *
 * Installs the SDK into .venv/ (once), starts the service, opens watches, and lets test/sdk/tracked_run.py run a tree of tasks
 * that reports to it, once with success and once with an error. Without an argument on both databases. Needs python3 and curl. Ends with
 * `N passed, N failed`; the exit code is 1 unless all passed.
 */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clients, connect } from '../client/connect.ts';
import { ActionPhase } from '../src/gen/flyteidl2/common/phase_pb.js';
import { type Check, runChecks, type Tally } from '../test/sdk/checks.ts';
import { installSdk, type Python } from '../test/sdk/python.ts';
import { recordedChecks } from '../test/sdk/recorded.ts';
import { type Watched, watchRuns } from '../test/sdk/watched.ts';
import { startPostgresServer } from '../test/support/postgres-server.ts';
import { startServiceProcess } from '../test/support/service-process.ts';

const root = dirname(import.meta.dirname);
const names = { good: 'local-good', bad: 'local-bad' };
const target = {
  case: 'projectId',
  value: { organization: 'any', name: 'sdk', domain: 'development' },
} as const;

/** Everything about one service: the runs themselves, what was recorded, and what the SDK's command line says. */
async function checkService(url: string, python: Python, tally: Tally): Promise<void> {
  const clients = connect(url);
  await clients.projects.createProject({ project: { id: 'sdk', name: 'Runs of the SDK' } });
  const watched = await watchRuns((signal) => clients.trackedRuns.watchRuns({ target }, { signal }));
  const ordinary = await watchRuns((signal) => clients.runs.watchRuns({ target }, { signal }));
  try {
    await runChecks(runningChecks(url, python, watched), tally);
    await runChecks(recordedChecks(url, clients, names), tally);
    await runChecks(commandLineChecks(url, clients, python, ordinary), tally);
  } finally {
    await watched.close();
    await ordinary.close();
  }
}

function runningChecks(url: string, python: Python, watched: Watched): Check[] {
  const { host } = new URL(url);
  const script = join(root, 'test/sdk/tracked_run.py');
  return [
    {
      name: 'a run with local_tracked=True succeeds, and the service refuses none of its reports',
      run: async () => {
        const { good, output } = await python.run([script, host, names.good]);
        ok(good, output);
        match(output, /o0=14/);
      },
    },
    {
      name: 'a WatchRuns that was open before it began has followed it to its end',
      run: async () => {
        await watched.until(names.good, ActionPhase.SUCCEEDED);
        const order = [ActionPhase.QUEUED, ActionPhase.RUNNING, ActionPhase.SUCCEEDED];
        const ranks = watched.phases(names.good).map((phase) => order.indexOf(phase));
        equal(ranks.join(), ranks.toSorted((a, b) => a - b).join(), 'a phase came after a later one');
      },
    },
    {
      name: 'a run that fails ends with its own error, and FAILED in the same WatchRuns',
      run: async () => {
        const { code, output } = await python.run([script, host, names.bad, 'fail']);
        notEqual(code, 0);
        match(output, /division by zero/);
        await watched.until(names.bad, ActionPhase.FAILED);
      },
    },
  ];
}

function commandLineChecks(url: string, { runs }: Clients, python: Python, ordinary: Watched): Check[] {
  const flyte = ['--no-progress', '--endpoint', new URL(url).host, '--insecure'];
  return [
    {
      name: 'flyte get project lists the project',
      run: async () => {
        const { good, output } = await python.flyte([...flyte, 'get', 'project', 'sdk']);
        ok(good, output);
        match(output, /Runs of the SDK/);
      },
    },
    {
      name: 'flyte run --local --tracked records a run without a line of code for it',
      run: async () => {
        const script = join(root, 'test/sdk/tracked_run.py');
        const place = ['--project', 'sdk', '--domain', 'development'];
        const args = ['run', '--local', '--tracked', ...place, script, 'main', '--n', '2'];
        const { good, output } = await python.flyte([...flyte, ...args]);
        ok(good, output);
        match(output, /tracked-runs\/local-/);
      },
    },
    {
      name: 'a WatchRuns of RunService that was open all the time has seen none of them, but sees its own',
      run: async () => {
        const { run } = await runs.createRun({
          id: {
            case: 'runId',
            value: { org: 'any', project: 'sdk', domain: 'development', name: 'ordinary' },
          },
          task: { case: 'taskSpec', value: { taskTemplate: { id: { name: 'sdk.ordinary' } } } },
        });
        equal(run?.action?.id?.run?.name, 'ordinary');
        await ordinary.until('ordinary', ActionPhase.QUEUED);
        equal(ordinary.phases(names.good).length + ordinary.phases(names.bad).length, 0);
      },
    },
  ];
}

async function checkOn(kind: string, environment: Record<string, string>, tally: Tally): Promise<void> {
  console.log(`\nOn ${kind}:`);
  const folder = await mkdtemp(join(tmpdir(), 'runs-sdk-'));
  try {
    const home = join(folder, 'home');
    await mkdir(home);
    const python = await installSdk(join(root, '.venv'), home);
    const service = await startServiceProcess({
      environment: {
        ...environment,
        ...(kind === 'sqlite' ? { DATABASE_SQLITE_FILE: join(folder, 'runs.db') } : {}),
        STORAGE_FOLDER: join(folder, 'storage'),
      },
    });
    const before = tally.failed;
    await checkService(service.url, python, tally).finally(() => service.stop());
    if (tally.failed > before) console.log(`The service's log:\n${service.log()}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkOnPostgres(tally: Tally): Promise<void> {
  const server = await startPostgresServer();
  const { hostname, port, username, password } = new URL(server.url);
  const environment = {
    DATABASE_SQLITE: '',
    DATABASE_POSTGRES_HOST: hostname,
    DATABASE_POSTGRES_PORT: port,
    DATABASE_POSTGRES_DBNAME: 'postgres',
    DATABASE_POSTGRES_USERNAME: username,
    DATABASE_POSTGRES_PASSWORD: password,
    DATABASE_POSTGRES_EXTRA_OPTIONS: 'sslmode=disable',
  };
  await checkOn('postgres', environment, tally).finally(() => server.stop());
}

const tally: Tally = { passed: 0, failed: 0 };
const [only] = process.argv.slice(2);
try {
  if (only === undefined || only === 'sqlite') await checkOn('sqlite', {}, tally);
  if (only === undefined || only === 'postgres') await checkOnPostgres(tally);
} catch (error) {
  console.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  tally.failed++;
}
console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;

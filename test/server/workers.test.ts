import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { createPostgresDatabase } from '../support/databases.ts';
import { databaseEnvironment, type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { createRunRequest, newName, PLACE, runId } from '../rpc/requests.ts';
import { eventually } from './harness.ts';

test('SQLite takes one process', () => {
  const two = { database: { sqlite: { file: 'x' } }, runs: { server: { workers: 2 } } };
  expect(() => parseConfig(two, {}, 'c.yaml')).toThrow(
    'c.yaml: runs.server.workers is 2, but SQLite takes the writes of one process at a time; set it to 1, or use PostgreSQL',
  );
});

describe('two workers', () => {
  let drop: () => Promise<void>;
  let folder: string;
  let service: ServiceProcess;
  const sessions: Http2SessionManager[] = [];

  beforeEach(async () => {
    const database = await createPostgresDatabase();
    drop = database.drop;
    folder = await mkdtemp(join(tmpdir(), 'runs-workers-'));
    service = await startServiceProcess({
      environment: {
        ...databaseEnvironment(database.config),
        STORAGE_FOLDER: folder,
        RUNS_SERVER_WORKERS: '2',
        RUNS_PROJECTS_AUTO_CREATE: 'true',
      },
    });
  });

  afterEach(async () => {
    for (const session of sessions.splice(0)) session.abort();
    await service.kill();
    await drop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A client with a connection of its own; each next connection goes to the other worker. */
  function connect() {
    const session = new Http2SessionManager(service.url);
    sessions.push(session);
    return createClient(RunService, createGrpcTransport({ baseUrl: service.url, sessionManager: session }));
  }

  const workers = () => childrenOf(service.pid);

  test('share the calls, and tell of all of them as one', async () => {
    const clients = [connect(), connect(), connect(), connect()];
    for (const client of clients) await client.createRun(createRunRequest(newName()));
    const counted = async () => {
      const answer = await fetch(`${service.url}/metrics`, { headers: { connection: 'close' } });
      return /runs_rpc_requests_total\{.*method="CreateRun",code="ok"\} (\d+)/.exec(await answer.text())?.[1];
    };
    // Whoever is asked.
    expect([await counted(), await counted(), await counted()]).toEqual(['4', '4', '4']);
    expect(workers()).toHaveLength(2);
  });

  test('a watch on one sees what the other writes', async () => {
    const [watching, writing] = [connect(), connect()];
    const name = newName();
    await writing.createRun(createRunRequest(name));
    const watch = watching.watchRunDetails({ runId: runId(name) })[Symbol.asyncIterator]();
    const first = await watch.next();
    expect(first.value?.details?.action?.status?.phase).toBe(ActionPhase.QUEUED);
    await writing.abortRun({ runId: runId(name), reason: 'test' });
    // It ends by itself when the run has.
    let last = first.value;
    for (let next = await watch.next(); !next.done; next = await watch.next()) last = next.value;
    expect(last?.details?.action?.status?.phase).toBe(ActionPhase.ABORTED);
  });

  test('one that is killed under load loses nothing that was acknowledged, and is replaced', async () => {
    const before = workers();
    const acknowledged: string[] = [];
    let going = true;
    const failures: Code[] = [];
    const clients = Array.from({ length: 6 }, connect);
    const load = clients.map(async (client) => {
      while (going) {
        const name = newName();
        try {
          await client.createRun(createRunRequest(name));
          acknowledged.push(name);
        } catch (error) {
          failures.push(ConnectError.from(error).code);
        }
      }
    });
    await eventually(() => acknowledged.length > 20);
    process.kill(before[0] ?? 0, 'SIGKILL');
    await eventually(() => failures.length > 0);
    await eventually(() => workers().length === 2 && !workers().includes(before[0] ?? 0));
    const then = acknowledged.length;
    await eventually(() => acknowledged.length > then + 20);
    going = false;
    await Promise.all(load);
    expect(workers()).toContain(before[1]);
    // Their connections were cut; each client opens another one for its next call.
    for (const code of failures)
      expect([Code.Unavailable, Code.Canceled, Code.Internal, Code.Aborted]).toContain(code);

    const client = connect();
    for (const name of acknowledged) {
      const { details } = await client.getRunDetails({ runId: runId(name) });
      expect(details?.action?.id?.run?.name).toBe(name);
    }
  });

  test('SIGTERM ends watches with a reason, and both workers', async () => {
    const watches = [connect(), connect()].map((client) =>
      client.watchRuns({ target: { case: 'org', value: PLACE.org } })[Symbol.asyncIterator](),
    );
    await Promise.all(watches.map((watch) => watch.next()));
    const pids = workers();
    const ended = watches.map(async (watch) => {
      while (!(await watch.next()).done);
    });
    const exit = service.stop();
    const reasons = await Promise.allSettled(ended);
    expect(await exit).toBe(0);
    for (const reason of reasons) {
      expect(reason).toMatchObject({
        status: 'rejected',
        reason: { code: Code.Unavailable, rawMessage: expect.stringMatching(/^draining/) },
      });
    }
    for (const pid of pids) expect(isAlive(pid)).toBe(false);
  });

  test('nobody is left when the process that started them is killed', async () => {
    const pids = workers();
    await service.kill();
    await eventually(() => pids.every((pid) => !isAlive(pid)));
  });
});

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { afterEach, expect, test } from 'vitest';
import { ActionPhase } from '../src/gen/flyteidl2/common/phase_pb.js';
import { RunService } from '../src/gen/flyteidl2/workflow/run_service_pb.js';
import { connect } from './connect.ts';
import { type Options, readOptions } from './options.ts';
import { watch } from './watch.ts';

const servers: Http2Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** Starts a service with these routes and watches it; resolves with the printed lines, without their times, when watching has ended. */
async function watchLines(
  routes: (router: ConnectRouter) => void,
  options: Partial<Options>,
  stopAfter = (_line: string) => false,
): Promise<string[]> {
  const server = createServer(connectNodeAdapter({ routes }));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clients = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stop = new AbortController();
  const lines: string[] = [];
  const print = (line: string) => {
    lines.push(line.replace(/^[\d:.]{12} {2}/, '').replace(/in [\d.]+ s/, 'in N s'));
    if (stopAfter(line)) stop.abort();
  };
  const defaults = readOptions(['watch']);
  if (defaults === undefined) throw new Error('no options');
  await watch(clients, { ...defaults, ...options }, { print, signal: stop.signal, firstDelayMs: 1 });
  return lines;
}

const run = (name: string, phase: ActionPhase) => ({
  action: {
    id: { run: { org: 'o', project: 'p', domain: 'd', name }, name: 'a0' },
    metadata: { spec: { case: 'task', value: { shortName: 'hello' } } } as const,
    status: { phase, attempts: 1 },
  },
});

test('a watcher reconnects after a break and prints nothing twice', async () => {
  let streams = 0;
  const routes = (router: ConnectRouter) =>
    router.service(RunService, {
      async *watchRuns(_, { signal }) {
        streams++;
        yield { runs: [run('one', ActionPhase.RUNNING)] };
        if (streams === 1) throw new ConnectError('draining', Code.Unavailable);
        yield { runs: [run('one', ActionPhase.SUCCEEDED), run('two', ActionPhase.QUEUED)] };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
  const lines = await watchLines(routes, {}, (line) => line.includes('two'));
  expect(lines).toEqual([
    'one  hello  RUNNING',
    '-- the stream broke (UNAVAILABLE: draining); trying again in N s',
    'one  hello  SUCCEEDED',
    'two  hello  QUEUED',
  ]);
});

test('a request that can never succeed is not repeated', async () => {
  let streams = 0;
  const routes = (router: ConnectRouter) =>
    router.service(RunService, {
      watchActions: () => {
        streams++;
        throw new ConnectError('no such run', Code.NotFound);
      },
      watchRunDetails: () => {
        throw new ConnectError('no such run', Code.NotFound);
      },
    });
  await expect(watchLines(routes, { run: 'absent' })).rejects.toThrow('no such run');
  expect(streams).toBe(1);
});

test('watching one run prints its tree and ends with it', async () => {
  const { action } = run('one', ActionPhase.RUNNING);
  const child = {
    id: { run: action.id.run, name: 'x1' },
    metadata: { parent: 'a0', spec: { case: 'trace', value: { name: 'note' } } } as const,
    status: { phase: ActionPhase.SUCCEEDED, attempts: 2, durationMs: 1500n },
  };
  const ended = run('one', ActionPhase.ABORTED).action;
  const routes = (router: ConnectRouter) =>
    router.service(RunService, {
      async *watchActions(_, { signal }) {
        yield { enrichedActions: [{ action }, { action: child }] };
        yield { enrichedActions: [{ action: ended }] };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      async *watchRunDetails() {
        const attempts = [{ attempt: 1, phaseTransitions: [{ phase: ActionPhase.QUEUED }] }];
        yield {
          details: { action: { result: { case: 'abortInfo', value: { reason: 'enough' } }, attempts } },
        };
      },
    });
  const lines = await watchLines(routes, { run: 'one' });
  expect(lines.toSorted()).toEqual([
    'a0  hello  ABORTED',
    'a0  hello  RUNNING',
    'details  attempt 1: QUEUED, aborted: enough',
    'x1    note  SUCCEEDED (attempt 2, 1.50 s)',
  ]);
});

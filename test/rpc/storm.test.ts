import { Code, ConnectError } from '@connectrpc/connect';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findContradictions } from '../bad-input/invariants.ts';
import { suites } from './harness.ts';
import {
  actionId,
  conditionRequest,
  createRunRequest,
  event,
  newName,
  Phase,
  runId,
  taskRequest,
} from './requests.ts';

const WORKERS = 24;
const CALLS = 25;
/** What a call of the storm may meet: somebody else was faster. */
const LOST = new Set([Code.NotFound, Code.AlreadyExists, Code.FailedPrecondition]);
const phases = [
  Phase.RUNNING,
  Phase.PAUSED,
  Phase.SUCCEEDED,
  Phase.FAILED,
  Phase.TIMED_OUT,
  Phase.INITIALIZING,
];

suites('Everything at once', { over: ['gRPC over h2c'] }, (suite) => {
  test('on the same few runs: each call has its answer, and nothing contradicts itself afterwards', async () => {
    const { runs, internal } = suite;
    const names = [newName(), newName(), newName()];
    const actions = ['a0', 'a1', 'a2', 'c1', 'c2'];
    const calls: ((run: string, action: string, n: number) => Promise<unknown>)[] = [
      (run) => runs.createRun(createRunRequest(run)),
      (run) => runs.createRun(createRunRequest(run)),
      (run, action) => internal.recordAction(taskRequest(run, action.replace('c', 'a'))),
      (run, action, n) =>
        internal.recordAction({
          ...conditionRequest(run, action.replace('a', 'c')),
          parent: n % 2 ? 'a1' : 'a0',
        }),
      (run, action, n) => {
        const phase = phases[n % phases.length] ?? Phase.RUNNING;
        const clusterEvents = [{ message: `${n % 7}` }];
        return internal.recordActionEvents({
          events: [event(run, action, phase, { attempt: 1 + (n % 3), version: n % 5, clusterEvents })],
        });
      },
      (run, action, n) =>
        internal.updateActionStatus({
          actionId: actionId(run, action),
          status: { phase: phases[n % phases.length] ?? Phase.RUNNING, attempts: 1 + (n % 2) },
        }),
      (run, action) =>
        runs.signalEvent({
          actionId: actionId(run, action),
          payload: { value: { case: 'boolValue', value: true } },
        }),
      (run, action, n) => (n % 5 ? Promise.resolve() : runs.abortAction({ actionId: actionId(run, action) })),
      (run, _, n) => (n % 12 ? Promise.resolve() : runs.abortRun({ runId: runId(run) })),
      (run) => runs.getRunDetails({ runId: runId(run) }),
      (run) => runs.listActions({ runId: runId(run) }),
    ];
    const dice = fc.sample(fc.nat(), { numRuns: WORKERS * CALLS * 4, seed: 7 });
    const roll = () => dice.pop() ?? 0;
    const worker = async () => {
      for (let i = 0; i < CALLS; i++) {
        const [which, run, action, n] = [roll(), roll(), roll(), roll()];
        const call = calls[which % calls.length]?.(
          names[run % names.length] ?? '',
          actions[action % actions.length] ?? '',
          n,
        );
        await call?.catch((error) => {
          const { code, message } = ConnectError.from(error);
          if (!LOST.has(code)) expect.fail(message);
        });
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    expect(await findContradictions(suite.service.dialect)).toEqual({});
  });
});

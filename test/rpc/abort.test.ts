import { Code } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { expectError, suites } from './harness.ts';
import {
  actionId,
  at,
  conditionRequest,
  createRun,
  event,
  newName,
  Phase,
  runId,
  taskRequest,
} from './requests.ts';

suites('AbortRun and AbortAction', {}, (suite) => {
  const phases = async (run: string, ...names: string[]) => {
    const found: Record<string, string | undefined> = {};
    for (const name of names) {
      const { details } = await suite.runs.getActionDetails({ actionId: actionId(run, name) });
      found[name] = Phase[details?.status?.phase ?? 0];
    }
    return found;
  };

  /** a0 ─ a1 (running) ─ a2 (paused condition); a0 ─ a3 (succeeded) ─ a4 (queued) */
  async function tree(): Promise<string> {
    const run = await createRun(suite);
    await suite.internal.recordAction(taskRequest(run, 'a1'));
    await suite.internal.recordAction({ ...conditionRequest(run, 'a2'), parent: 'a1' });
    await suite.internal.recordAction(taskRequest(run, 'a3'));
    await suite.internal.recordAction(taskRequest(run, 'a4', { parent: 'a3' }));
    await suite.internal.recordActionEvents({
      events: [
        event(run, 'a0', Phase.RUNNING),
        event(run, 'a1', Phase.RUNNING),
        event(run, 'a3', Phase.SUCCEEDED),
      ],
    });
    return run;
  }

  test('a run ends with everything unfinished below it', async () => {
    const run = await tree();
    await suite.runs.abortRun({ runId: runId(run), reason: 'enough\u0000 ü' });
    expect(await phases(run, 'a0', 'a1', 'a2', 'a3', 'a4')).toEqual({
      a0: 'ABORTED',
      a1: 'ABORTED',
      a2: 'ABORTED',
      a3: 'SUCCEEDED',
      a4: 'ABORTED',
    });
    const { details } = await suite.runs.getActionDetails({ actionId: actionId(run, 'a4') });
    expect(details?.result).toMatchObject({
      case: 'abortInfo',
      value: { reason: 'enough ü', abortedBy: { principal: { value: { id: { subject: 'anonymous' } } } } },
    });
    expect(details?.attempts.at(-1)).toMatchObject({
      phase: Phase.ABORTED,
      phaseTransitions: [{}, { phase: Phase.ABORTED }],
    });
    expect(details?.status?.endTime).toBeDefined();
  });

  test('again, and after the end, it changes nothing and succeeds', async () => {
    const run = await tree();
    await suite.runs.abortRun({ runId: runId(run), reason: 'first' });
    const before = await suite.runs.getRunDetails({ runId: runId(run) });
    await suite.runs.abortRun({ runId: runId(run), reason: 'second' });
    expect(await suite.runs.getRunDetails({ runId: runId(run) })).toEqual(before);

    const finished = await createRun(suite);
    await suite.internal.recordActionEvents({ events: [event(finished, 'a0', Phase.SUCCEEDED)] });
    await suite.runs.abortRun({ runId: runId(finished) });
    expect(await phases(finished, 'a0')).toEqual({ a0: 'SUCCEEDED' });
  });

  test('an action ends with what is below it, and nothing else', async () => {
    const run = await tree();
    await suite.runs.abortAction({ actionId: actionId(run, 'a1'), reason: 'this one' });
    expect(await phases(run, 'a0', 'a1', 'a2', 'a4')).toEqual({
      a0: 'RUNNING',
      a1: 'ABORTED',
      a2: 'ABORTED',
      a4: 'QUEUED',
    });
  });

  test('below an action that ended already, what is unfinished ends', async () => {
    const run = await tree();
    await suite.runs.abortAction({ actionId: actionId(run, 'a3') });
    expect(await phases(run, 'a3', 'a4')).toEqual({ a3: 'SUCCEEDED', a4: 'ABORTED' });
  });

  test('what is reported afterwards is acknowledged and changes nothing', async () => {
    const run = await tree();
    await suite.runs.abortRun({ runId: runId(run) });
    const late = event(run, 'a1', Phase.SUCCEEDED, { updatedTime: at(99), errorInfo: { message: 'late' } });
    expect((await suite.internal.recordActionEvents({ events: [late] })).status?.code).toBe(0);
    await suite.internal.updateActionStatus({
      actionId: actionId(run, 'a1'),
      status: { phase: Phase.FAILED, attempts: 2 },
    });
    const { details } = await suite.runs.getActionDetails({ actionId: actionId(run, 'a1') });
    expect(details).toMatchObject({
      status: { phase: Phase.ABORTED, attempts: 1 },
      result: { case: 'abortInfo' },
    });
    await suite.internal.recordAction(taskRequest(run, 'a9', { parent: 'a1' }));
    expect(await phases(run, 'a9')).toEqual({ a9: 'ABORTED' });
  });

  test('what is not there', async () => {
    await expectError(suite.runs.abortRun({ runId: runId(newName('none')) }), Code.NotFound);
    const run = await createRun(suite);
    await expectError(
      suite.runs.abortAction({ actionId: actionId(run, 'a5') }),
      Code.NotFound,
      /no action "a5"/,
    );
  });

  test('a long reason is kept as far as it is useful', async () => {
    const run = await createRun(suite);
    await suite.runs.abortRun({ runId: runId(run), reason: 'é'.repeat(200_000) });
    const { details } = await suite.runs.getRunDetails({ runId: runId(run) });
    const result = details?.action?.result;
    expect(result?.case === 'abortInfo' && result.value.reason).toBe('é'.repeat(10_000));
  });

  test('while it goes on, no child slips through', async () => {
    const run = await createRun(suite);
    const names = Array.from({ length: 30 }, (_, i) => `c${i}`);
    await Promise.all([
      ...names.map((name) => suite.internal.recordAction(taskRequest(run, name))),
      suite.runs.abortRun({ runId: runId(run) }),
    ]);
    expect(new Set(Object.values(await phases(run, 'a0', ...names)))).toEqual(new Set(['ABORTED']));
  });
});

import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
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

suites('InternalRunService, one call at a time', {}, (suite) => {
  const details = async (run: string, action: string) =>
    (await suite.runs.getActionDetails({ actionId: actionId(run, action) })).details;

  describe('RecordAction', () => {
    test('again changes nothing; with another place or kind it is refused in its status', async () => {
      const run = await createRun(suite);
      const request = taskRequest(run, 'a1', { group: 'g' });
      expect(await suite.internal.recordAction(request)).toMatchObject({
        actionId: actionId(run, 'a1'),
        status: { code: 0 },
      });
      await suite.internal.recordActionEvents({ events: [event(run, 'a1', Phase.RUNNING)] });
      const before = await details(run, 'a1');
      expect((await suite.internal.recordAction(request)).status?.code).toBe(0);
      expect(await details(run, 'a1')).toEqual(before);
      for (const other of [taskRequest(run, 'a1', { parent: 'a2' }), conditionRequest(run, 'a1')]) {
        const { status } = await suite.internal.recordAction(other);
        expect(status).toMatchObject({
          code: Code.AlreadyExists,
          message: expect.stringMatching(/exists as a task of a0/),
        });
      }
    });

    test('a child may come before its parent', async () => {
      const run = await createRun(suite);
      await suite.internal.recordAction(taskRequest(run, 'child', { parent: 'later' }));
      expect((await details(run, 'child'))?.metadata?.parent).toBe('later');
      await suite.internal.recordAction(taskRequest(run, 'later'));
      await suite.runs.abortAction({ actionId: actionId(run, 'later') });
      expect((await details(run, 'child'))?.status?.phase).toBe(Phase.ABORTED);
    });

    test('without a parent it is a child of the root', async () => {
      const run = await createRun(suite);
      await suite.internal.recordAction(taskRequest(run, 'a1', { parent: '' }));
      expect((await details(run, 'a1'))?.metadata?.parent).toBe('a0');
    });

    test('what is refused: unknown runs, no spec, itself as a parent', async () => {
      const unknown = await suite.internal.recordAction(taskRequest(newName('none'), 'a1'));
      expect(unknown.status).toMatchObject({
        code: Code.NotFound,
        message: expect.stringMatching(/there is no run/),
      });
      const run = await createRun(suite);
      const nothing = await suite.internal.recordAction({ actionId: actionId(run, 'a1') });
      expect(nothing.status).toMatchObject({
        code: Code.InvalidArgument,
        message: expect.stringMatching(/spec must be set/),
      });
      const own = await suite.internal.recordAction(taskRequest(run, 'a1', { parent: 'a1' }));
      expect(own.status?.code).toBe(Code.InvalidArgument);
      await expectError(suite.internal.recordAction({}), Code.InvalidArgument, /action_id/);
      await expectError(suite.runs.getActionDetails({ actionId: actionId(run, 'a1') }), Code.NotFound);
    });

    test('keeps where an action was recovered from', async () => {
      const run = await createRun(suite);
      const recoveredFrom = actionId(newName('old'), 'a1');
      await suite.internal.recordAction(taskRequest(run, 'a1', { recoveredFrom }));
      expect((await details(run, 'a1'))?.metadata?.recoveredFrom).toMatchObject(recoveredFrom);
    });
  });

  describe('UpdateActionStatus', () => {
    const update = (
      run: string,
      phase: Phase,
      more: { attempts?: number; endTime?: ReturnType<typeof at> } = {},
    ) =>
      suite.internal.updateActionStatus({ actionId: actionId(run), status: { phase, attempts: 1, ...more } });

    test('moves an action forward, never back', async () => {
      const run = await createRun(suite);
      for (const phase of [Phase.INITIALIZING, Phase.RUNNING, Phase.QUEUED, Phase.RUNNING]) {
        expect((await update(run, phase)).status?.code).toBe(0);
      }
      expect((await details(run, 'a0'))?.status?.phase).toBe(Phase.RUNNING);
    });

    test.each([Phase.SUCCEEDED, Phase.FAILED, Phase.TIMED_OUT, Phase.ABORTED, Phase.RECOVERED])(
      'phase %i ends it for good',
      async (phase) => {
        const run = await createRun(suite);
        await update(run, phase);
        const ended = await details(run, 'a0');
        expect(ended?.status?.phase).toBe(phase);
        expect(ended?.status?.endTime).toBeDefined();
        for (const late of [Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED])
          await update(run, late, { attempts: 2 });
        expect((await details(run, 'a0'))?.status).toEqual(ended?.status);
      },
    );

    test('an aborted action says why and by whom', async () => {
      const run = await createRun(suite);
      const principal = { principal: { case: 'user', value: { id: { subject: 'operator' } } } } as const;
      await suite.internal.updateActionStatus({
        actionId: actionId(run),
        status: { phase: Phase.ABORTED, attempts: 1 },
        abortReason: 'quota',
        principal,
      });
      expect((await details(run, 'a0'))?.result).toMatchObject({
        case: 'abortInfo',
        value: { reason: 'quota', abortedBy: principal },
      });
    });

    test('a condition gets its value', async () => {
      const run = await createRun(suite);
      await suite.internal.recordAction(conditionRequest(run, 'c1', SimpleType.INTEGER));
      const output = {
        value: {
          case: 'scalar',
          value: { value: { case: 'primitive', value: { value: { case: 'integer', value: 7n } } } },
        },
      } as const;
      await suite.internal.updateActionStatus({
        actionId: actionId(run, 'c1'),
        status: { phase: Phase.SUCCEEDED, attempts: 1 },
        output,
      });
      expect((await details(run, 'c1'))?.result).toMatchObject({ case: 'signalInfo', value: { output } });
    });

    test('what is refused', async () => {
      const run = await createRun(suite);
      expect((await update(newName('none'), Phase.RUNNING)).status?.code).toBe(Code.NotFound);
      expect((await update(run, Phase.UNSPECIFIED)).status?.code).toBe(Code.InvalidArgument);
      expect((await update(run, 77 as Phase)).status).toMatchObject({
        code: Code.InvalidArgument,
        message: expect.stringMatching(/77/),
      });
      await expectError(update(run, Phase.RUNNING, { attempts: 0 }), Code.InvalidArgument, /attempts/);
    });
  });

  describe('RecordActionEvents', () => {
    test('refuses what it must and records the rest', async () => {
      const run = await createRun(suite);
      await suite.internal.recordAction(taskRequest(run, 'a1'));
      const { status } = await suite.internal.recordActionEvents({
        events: [
          event(run, 'a0', Phase.RUNNING),
          event(run, 'unknown', Phase.RUNNING),
          event(newName('none'), 'a0', Phase.RUNNING),
          event(run, 'a1', 99 as Phase),
          event(run, 'a1', Phase.SUCCEEDED),
        ],
      });
      expect(status?.code).toBe(Code.NotFound);
      expect(status?.message).toMatch(
        /^3 of 5 events were refused, the others are recorded: events\[1\]: .*events\[2\]: .*events\[3\]: /,
      );
      expect((await details(run, 'a0'))?.status?.phase).toBe(Phase.RUNNING);
      expect((await details(run, 'a1'))?.status?.phase).toBe(Phase.SUCCEEDED);
    });

    test('nothing at all is refused', async () => {
      await expectError(suite.internal.recordActionEvents({}), Code.InvalidArgument, /events/);
    });

    test('many at once, in any order, each once', async () => {
      const run = await createRun(suite);
      const events = Array.from({ length: 500 }, (_, i) =>
        event(run, 'a0', Phase.RUNNING, {
          version: i,
          updatedTime: at(i),
          clusterEvents: [{ occurredAt: at(i), message: `event ${i}` }],
        }),
      ).reverse();
      for (const _ of [1, 2])
        expect((await suite.internal.recordActionEvents({ events })).status?.code).toBe(0);
      const [attempt] = (await details(run, 'a0'))?.attempts ?? [];
      expect(attempt?.clusterEvents.map(({ message }) => message)).toEqual(
        Array.from({ length: 500 }, (_, i) => `event ${i}`),
      );
      expect(attempt?.phaseTransitions).toHaveLength(2);
    });

    test('of a tracked run are not found: those are reported', async () => {
      const name = newName('local');
      const spec = taskRequest(name, 'a0').spec;
      if (spec?.case !== 'task') throw new Error('not a task');
      const task = { case: 'taskSpec', value: spec.value.spec } as const;
      await suite.tracked.createRun({ id: { case: 'runId', value: runId(name) }, task: task as never });
      const { status } = await suite.internal.recordActionEvents({
        events: [event(name, 'a0', Phase.RUNNING)],
      });
      expect(status?.code).toBe(Code.NotFound);
      expect((await suite.internal.recordAction(taskRequest(name, 'a1'))).status?.code).toBe(Code.NotFound);
    });
  });
});

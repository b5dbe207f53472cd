import { Code } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import type { EventPayloadSchema } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { expectError, suites } from './harness.ts';
import {
  actionId,
  conditionRequest,
  createRun,
  event,
  type Init,
  newName,
  Phase,
  taskRequest,
} from './requests.ts';

type Value = NonNullable<Init<typeof EventPayloadSchema>['value']>;

const payloads: [SimpleType, Value, string][] = [
  [SimpleType.BOOLEAN, { case: 'boolValue', value: true }, 'boolean'],
  [SimpleType.INTEGER, { case: 'intValue', value: -(2n ** 63n) }, 'integer'],
  [SimpleType.FLOAT, { case: 'floatValue', value: 0.1 }, 'floatValue'],
  [SimpleType.STRING, { case: 'stringValue', value: 'yes\u0000 ü' }, 'stringValue'],
];

suites('SignalEvent', {}, (suite) => {
  const signal = (run: string, value: Value, more: { name?: string; parent?: string } = {}) =>
    suite.runs.signalEvent({
      actionId: actionId(run, more.name ?? 'c1'),
      parentActionName: more.parent ?? '',
      payload: { value },
    });
  const details = async (run: string) =>
    (await suite.runs.getActionDetails({ actionId: actionId(run, 'c1') })).details;

  test.each(payloads)(
    'a condition of simple type %i succeeds with the value',
    async (type, value, primitive) => {
      const run = await createRun(suite);
      await suite.internal.recordAction(conditionRequest(run, 'c1', type));
      await signal(run, value, { parent: 'a0' });
      expect(await details(run)).toMatchObject({
        status: { phase: Phase.SUCCEEDED },
        result: {
          case: 'signalInfo',
          value: {
            signalledBy: { principal: { value: { id: { subject: 'anonymous' } } } },
            output: {
              value: { value: { value: { value: { value: { case: primitive, value: value.value } } } } },
            },
          },
        },
      });
    },
  );

  test('the wrong type is refused, and the condition goes on waiting', async () => {
    const run = await createRun(suite);
    for (const [type] of payloads) {
      const name = `c${type}`;
      await suite.internal.recordAction(conditionRequest(run, name, type));
      for (const [other, value] of payloads) {
        if (other !== type)
          await expectError(signal(run, value, { name }), Code.InvalidArgument, /waits for/);
      }
      const { details } = await suite.runs.getActionDetails({ actionId: actionId(run, name) });
      expect(details?.status?.phase).toBe(Phase.PAUSED);
    }
  });

  test('a condition without a type takes any value', async () => {
    const run = await createRun(suite);
    await suite.internal.recordAction(conditionRequest(run, 'c1', null));
    await signal(run, { case: 'intValue', value: 1n });
    expect((await details(run))?.status?.phase).toBe(Phase.SUCCEEDED);
  });

  test('only once', async () => {
    const run = await createRun(suite);
    await suite.internal.recordAction(conditionRequest(run, 'c1'));
    const value = { case: 'boolValue', value: false } as const;
    const results = await Promise.allSettled([1, 2, 3].map(() => signal(run, value)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expectError(signal(run, value), Code.FailedPrecondition, /ended already/);
  });

  test('what can not be signalled', async () => {
    const run = await createRun(suite);
    const value = { case: 'boolValue', value: true } as const;
    await suite.internal.recordAction(taskRequest(run, 'task'));
    await expectError(
      signal(run, value, { name: 'task' }),
      Code.FailedPrecondition,
      /is a task, not a condition/,
    );
    await expectError(signal(run, value, { name: 'none' }), Code.NotFound, /no action "none"/);
    await expectError(signal(newName('none'), value), Code.NotFound);
    await suite.internal.recordAction(conditionRequest(run, 'c1'));
    await expectError(
      signal(run, value, { parent: 'task' }),
      Code.InvalidArgument,
      /belongs to "a0", not to "task"/,
    );
    await suite.runs.abortAction({ actionId: actionId(run, 'c1') });
    await expectError(signal(run, value), Code.FailedPrecondition, /ABORTED/);
  });

  test('without a payload', async () => {
    const run = await createRun(suite);
    await suite.internal.recordAction(conditionRequest(run, 'c1'));
    const call = suite.runs.signalEvent({ actionId: actionId(run, 'c1') });
    await expectError(call, Code.InvalidArgument, /payload/);
    const empty = suite.runs.signalEvent({ actionId: actionId(run, 'c1'), payload: {} });
    await expectError(empty, Code.InvalidArgument, /payload/);
  });

  test('an executor may end a condition as well', async () => {
    const run = await createRun(suite);
    await suite.internal.recordAction(conditionRequest(run, 'c1'));
    await suite.internal.recordActionEvents({ events: [event(run, 'c1', Phase.TIMED_OUT)] });
    expect((await details(run))?.status?.phase).toBe(Phase.TIMED_OUT);
  });
});

import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { TaskSpecSchema } from '../gen/flyteidl2/task/task_definition_pb.js';
import { retryDelayMs, taskTimes, userRetries } from './execution-limits.ts';

const seconds = (n: number) => ({ seconds: BigInt(n), nanos: 500_000_000 });

test('a task without bounds has none, and a bound of 0 is none', () => {
  const zero = { seconds: 0n, nanos: 0 };
  const spec = create(TaskSpecSchema, {
    taskTemplate: { metadata: { timeout: zero, timeouts: { queuedTimeout: zero } } },
  });
  const none = { maxRuntimeMs: undefined, maxQueuedMs: undefined, deadlineMs: undefined };
  expect(taskTimes(spec)).toEqual(none);
  expect(taskTimes(create(TaskSpecSchema))).toEqual(none);
  expect(userRetries(create(TaskSpecSchema))).toBe(0);
});

test('bounds are read in milliseconds', () => {
  const spec = create(TaskSpecSchema, {
    taskTemplate: {
      metadata: { timeout: seconds(1), timeouts: { queuedTimeout: seconds(2), deadline: seconds(3) } },
    },
  });
  expect(taskTimes(spec)).toEqual({ maxRuntimeMs: 1500, maxQueuedMs: 2500, deadlineMs: 3500 });
});

test('the delay grows by its factor up to its cap', () => {
  const backoff = { base: seconds(1), factor: 2, cap: seconds(5) };
  const spec = create(TaskSpecSchema, { taskTemplate: { metadata: { retries: { retries: 9, backoff } } } });
  expect([1, 2, 3, 60_000].map((failures) => retryDelayMs(spec, failures))).toEqual([1500, 3000, 5500, 5500]);
  expect(userRetries(spec)).toBe(9);
  const plain = create(TaskSpecSchema, { taskTemplate: { metadata: { retries: { retries: 9 } } } });
  expect(retryDelayMs(plain, 3)).toBe(0);
});

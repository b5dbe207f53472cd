import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { TaskSpecSchema } from '../gen/flyteidl2/task/task_definition_pb.js';
import { rootCacheKey } from './cache-key.ts';

/** A task with the inputs y (text) and x (integer) in this order, cached as version v1, as Flyte's SDK encodes it. */
const spec = () =>
  fromBinary(
    TaskSpecSchema,
    Buffer.from(
      'CkIKCiIIZW52LnRhc2saBggBMgJ2MSIsChwKDAoBeRIHCgIIAxIBeQoMCgF4EgcKAggBEgF4EgwKCgoCbzASBAoCCAE=',
      'base64',
    ),
  );

test("the key of a root action is the one that Flyte's SDK gives a child of the same task", () => {
  expect(rootCacheKey(spec(), 'aGFzaA==')).toBe('ZXLUAJN0CaIYJj1MOEG3Tbx2LJhZEHeZk0LYGfJLmus=');
});

test('a task that is not cached has no key, and other inputs have another one', () => {
  const plain = spec();
  if (plain.taskTemplate?.metadata) plain.taskTemplate.metadata.discoverable = false;
  expect(rootCacheKey(plain, 'aGFzaA==')).toBeUndefined();
  expect(rootCacheKey(spec(), 'b3RoZXI=')).not.toBe(rootCacheKey(spec(), 'aGFzaA=='));
});

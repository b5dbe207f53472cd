import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TaskLogSchema } from '../gen/flyteidl2/core/execution_pb.js';
import { ActionAttemptSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { logInfoBytes } from './log-info.ts';

const text = fc.oneof(
  fc.constantFrom('', 'Kubernetes Logs', 'é€😀'.repeat(50)),
  fc.string({ unit: 'binary' }),
);
const number = fc.constantFrom(0, 0, 1, 2, 127, 128, 2 ** 31 - 1, -1, -(2 ** 31));
const log = fc
  .record({
    uri: text.map((value) => value.toWellFormed()),
    name: text.map((value) => value.toWellFormed()),
    messageFormat: number,
    ttl: fc.option(fc.record({ seconds: fc.bigInt(0n, 100n) }), { nil: undefined, freq: 1 }),
    ShowWhilePending: fc.boolean(),
    HideOnceFinished: fc.boolean(),
    linkType: number,
    ready: fc.boolean(),
    iconUri: text.map((value) => value.toWellFormed()),
  })
  .map((fields) => create(TaskLogSchema, fields));

it('writes logs as protobuf does', () => {
  fc.assert(
    fc.property(fc.array(log, { maxLength: 4 }), (logInfo) => {
      const expected = toBinary(ActionAttemptSchema, create(ActionAttemptSchema, { logInfo }));
      expect(Buffer.from(logInfoBytes(logInfo)).equals(expected)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('keeps fields that it does not know', () => {
  const newer = Buffer.concat([
    toBinary(TaskLogSchema, create(TaskLogSchema, { uri: 'u' })),
    Buffer.from([0xfa, 0x06, 1, 65]),
  ]);
  const attempt = create(ActionAttemptSchema, { logInfo: [fromBinary(TaskLogSchema, newer)] });
  expect([...logInfoBytes(attempt.logInfo)]).toEqual([...toBinary(ActionAttemptSchema, attempt)]);
});

it('knows all fields that a log has', () => {
  expect(TaskLogSchema.fields.map((field) => field.name)).toEqual([
    'uri',
    'name',
    'message_format',
    'ttl',
    'ShowWhilePending',
    'HideOnceFinished',
    'link_type',
    'ready',
    'icon_uri',
  ]);
});

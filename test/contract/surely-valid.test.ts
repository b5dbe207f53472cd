import { create, type Message } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordActionEventsRequestSchema } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { surelyValid } from '../../src/rpc/surely-valid.ts';
import { validator } from '../../src/rpc/validator.ts';
import { methods } from '../bad-input/methods.ts';
import { anyMessage } from '../bad-input/messages.ts';
import { PLACE } from '../rpc/requests.ts';
import { ruleCases } from './rules/cases.ts';
import { contractMessages } from './services.ts';

const NAMES = { runs: ['r1', 'r2'], actions: ['a0', 'a1'] };
const inputs = [...new Map(methods.map(({ input }) => [input.typeName, input])).values()];

const isValid = (schema: (typeof inputs)[number], message: Message) =>
  validator.validate(schema, message as never).kind === 'valid';

describe('what is surely valid', () => {
  it('breaks none of the published rules', () => {
    let certain = 0;
    for (const { desc, kind, member, kept, broken } of contractMessages().flatMap(ruleCases)) {
      for (const { message } of broken) {
        expect(surelyValid(desc, message), `${desc.typeName}.${member} ${kind}`).toBe(false);
      }
      certain += kept.filter((message) => surelyValid(desc, message)).length;
    }
    expect(certain).toBeGreaterThan(100);
  });

  it.each(inputs.map((input) => [input.typeName, input] as const))(
    'is valid to protovalidate: %s',
    (_, input) => {
      const arbitrary = anyMessage(input, NAMES);
      if (arbitrary === undefined) throw new Error('no messages');
      fc.assert(
        fc.property(arbitrary, (message) => {
          if (surelyValid(input, message)) expect(isValid(input, message)).toBe(true);
        }),
        { numRuns: 200, interruptAfterTimeLimit: 5_000 },
      );
    },
  );

  const event = (more: object = {}, name = 'a1') => ({
    id: { run: { ...PLACE, name: 'r1' }, name },
    attempt: 1,
    phase: 4,
    ...more,
  });
  const request = (...events: object[]) => create(RecordActionEventsRequestSchema, { events });

  it('is an ordinary event, whatever it carries', () => {
    const full = event({
      updatedTime: { seconds: 1n },
      errorInfo: { message: 'm' },
      logInfo: [{ uri: 'u', name: 'n' }],
      clusterEvents: [{ message: 'm' }],
      cacheMetadata: { sourceActionAttempt: { actionId: event().id, attempt: 1 } },
    });
    expect(surelyValid(RecordActionEventsRequestSchema, request(event(), full))).toBe(true);
  });

  it.each([
    ['no events', request()],
    ['no id', request({ ...event(), id: undefined })],
    ['no run', request({ ...event(), id: { name: 'a1' } })],
    ['no name', request(event({}, ''))],
    ['a long name', request(event({}, 'x'.repeat(31)))],
    ['attempt 0', request(event({ attempt: 0 }))],
    ['a source without an attempt', request(event({ cacheMetadata: { sourceActionAttempt: {} } }))],
  ])('is none with %s', (_, message) => {
    expect(surelyValid(RecordActionEventsRequestSchema, message)).toBe(false);
    expect(isValid(RecordActionEventsRequestSchema, message)).toBe(false);
  });

  it('leaves to protovalidate what counts in characters of two halves', () => {
    const wide = request(event({}, '😀'.repeat(20)));
    expect(surelyValid(RecordActionEventsRequestSchema, wide)).toBe(false);
    expect(isValid(RecordActionEventsRequestSchema, wide)).toBe(true);
  });
});

import { create, fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { OutputReferencesSchema } from '../gen/flyteidl2/task/common_pb.js';
import {
  type ActionEvent,
  ActionEventSchema,
  ErrorInfoSchema,
} from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { readClusterEvents, readEvent } from './event.ts';
import { timestampOf } from './instant.ts';

const now = '2026-11-21T00:00:09.000000Z';
const reported = '2026-11-21T00:00:05.000005Z';
const updated = '2026-11-21T00:00:04.000004Z';

const event = (more: Partial<ActionEvent> = {}): ActionEvent => ({
  ...create(ActionEventSchema, { attempt: 1, phase: 4 }),
  ...more,
});

describe('an event', () => {
  it('is of the time when it was updated, else reported, else read', () => {
    const stamps = { updatedTime: timestampOf(updated), reportedTime: timestampOf(reported) };
    expect(readEvent(event(stamps), now).time).toBe(updated);
    expect(readEvent(event({ reportedTime: stamps.reportedTime }), now).time).toBe(reported);
    expect(readEvent(event(), now).time).toBe(now);
  });

  it('says only what it carries', () => {
    expect(readEvent(event(), now)).toEqual({
      attempt: 1,
      phase: 'RUNNING',
      version: 0,
      time: now,
      endTime: undefined,
      fields: {},
      outputUri: undefined,
    });
    const full = readEvent(
      event({
        version: 7,
        errorInfo: create(ErrorInfoSchema, { message: 'm' }),
        outputs: create(OutputReferencesSchema, { outputUri: 's3://o' }),
        cluster: 'c',
        cacheStatus: 2,
        endTime: timestampOf(updated),
      }),
      now,
    );
    expect(full).toMatchObject({
      version: 7,
      endTime: updated,
      outputUri: 's3://o',
      fields: { cluster: 'c', cache_status: 2 },
    });
    expect(fromBinary(ErrorInfoSchema, full.fields.error_info ?? new Uint8Array()).message).toBe('m');
  });

  it.each<[string, Partial<ActionEvent>, string]>([
    ['no phase', { phase: 0 }, 'event.phase 0'],
    ['an unknown phase', { phase: 99 as never }, 'event.phase 99'],
    ['attempt 0', { attempt: 0 }, 'event.attempt'],
    [
      'a time of another age',
      { updatedTime: { ...timestampOf(now), seconds: 2n ** 60n } },
      'event.updated_time',
    ],
    ['an end of another age', { endTime: { ...timestampOf(now), seconds: -(2n ** 60n) } }, 'event.end_time'],
  ])('is refused with %s', (_, more, field) => {
    expect(() => readEvent(event(more), now)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', message: expect.stringContaining(field) }),
    );
  });

  it('carries cluster events, which the same content makes the same', () => {
    const carry = (...messages: string[]) =>
      readClusterEvents(event({ clusterEvents: messages.map((message) => clusterEvent(message)) }), now);
    const [a, again, b] = carry('a', 'a', 'b');
    expect(a).toEqual(again);
    expect(a?.digest).not.toBe(b?.digest);
    expect(carry('x\u0000y')[0]?.message).toBe('xy');
    expect(a?.occurredAt).toBe(now);
  });
});

function clusterEvent(message: string) {
  const [first] = create(ActionEventSchema, { clusterEvents: [{ message }] }).clusterEvents;
  if (first === undefined) throw new Error('one cluster event was given');
  return first;
}

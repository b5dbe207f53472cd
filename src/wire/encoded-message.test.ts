import { Buffer } from 'node:buffer';
import { clone, create, equals, isMessage, toBinary, toJson } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ActionPhase } from '../gen/flyteidl2/common/phase_pb.js';
import { WatchActionsResponseSchema } from '../gen/flyteidl2/workflow/run_service_pb.js';
import { encodedMessage, envelopeOf, PREFIX_BYTES } from './encoded-message.ts';

const message = create(WatchActionsResponseSchema, {
  enrichedActions: [
    { action: { id: { name: 'a0' }, status: { phase: ActionPhase.RUNNING } }, meetsFilter: true },
    { action: { id: { name: 'a1' } }, childrenPhaseCounts: { 4: 2 } },
  ],
});
message.$unknown = [{ no: 1000, wireType: 0, data: new Uint8Array([7]) }];
const bytes = toBinary(WatchActionsResponseSchema, message);
const encoded = () =>
  encodedMessage(WatchActionsResponseSchema, Buffer.concat([Buffer.alloc(PREFIX_BYTES, 0xff), bytes]));

it('has an envelope with flags, length and the bytes', () => {
  const envelope = envelopeOf(encoded());
  expect(envelope?.[0]).toBe(0);
  expect(envelope?.readUInt32BE(1)).toBe(bytes.length);
  expect(Buffer.compare(envelope?.subarray(PREFIX_BYTES) ?? Buffer.alloc(0), bytes)).toBe(0);
  expect(envelopeOf(message)).toBeUndefined();
});

it('is a message like any other to whoever reads, encodes or prints it', () => {
  expect(isMessage(encoded(), WatchActionsResponseSchema)).toBe(true);
  const same = encoded();
  expect(create(WatchActionsResponseSchema, same)).toBe(same);
  expect(encoded().enrichedActions).toEqual(message.enrichedActions);
  expect(encoded().enrichedActions[1]?.childrenPhaseCounts).toEqual({ 4: 2 });
  expect(Buffer.compare(toBinary(WatchActionsResponseSchema, encoded()), bytes)).toBe(0);
  expect(toJson(WatchActionsResponseSchema, encoded())).toEqual(toJson(WatchActionsResponseSchema, message));
  expect(equals(WatchActionsResponseSchema, encoded(), message)).toBe(true);
  expect(clone(WatchActionsResponseSchema, encoded()).enrichedActions).toEqual(message.enrichedActions);
});

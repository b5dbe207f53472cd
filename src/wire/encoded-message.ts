import type { Buffer } from 'node:buffer';
import { type DescMessage, fromBinary, type Message, type MessageShape } from '@bufbuild/protobuf';

/** What stands before each message of a stream: flags (1 byte) and length (4 bytes). */
export const PREFIX_BYTES = 5;

const envelopes = new WeakMap<Message, Buffer>();

/**
 * A message that was encoded where it was made, so that it costs nothing to send it to many. Its fields are there as well: they are read
 * from its bytes when somebody asks for the first of them (a protocol that sends JSON does).
 *
 * `envelope` holds the message's bytes behind `PREFIX_BYTES`, which are filled in here. It must not be changed afterwards.
 */
export function encodedMessage<D extends DescMessage>(schema: D, envelope: Buffer): MessageShape<D> {
  envelope[0] = 0;
  envelope.writeUInt32BE(envelope.length - PREFIX_BYTES, 1);
  let decoded: Record<string, unknown> | undefined;
  const fields = () => {
    decoded ??= fromBinary(schema, envelope.subarray(PREFIX_BYTES)) as Record<string, unknown>;
    return decoded;
  };
  const message = { $typeName: schema.typeName };
  for (const { localName } of schema.members) {
    Object.defineProperty(message, localName, { enumerable: true, get: () => fields()[localName] });
  }
  Object.defineProperty(message, '$unknown', { get: () => fields().$unknown });
  envelopes.set(message, envelope);
  return message as MessageShape<D>;
}

/** The envelope of a message that has one, uncompressed and without flags; undefined for any other message. */
export function envelopeOf(message: unknown): Buffer | undefined {
  return envelopes.get(message as Message);
}

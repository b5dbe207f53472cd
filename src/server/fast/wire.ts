import { Buffer } from 'node:buffer';
import type { OutgoingHttpHeaders } from 'node:http2';
import { create, type DescMessage, type Message, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { type Compression, compressedFlag, envelopeDecompress } from '@connectrpc/connect/protocol';
import { setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { readRequest } from '../../rpc/specs/known-specs.ts';
import { envelopeOf, PREFIX_BYTES } from '../../wire/encoded-message.ts';
import { compressMinBytes, recursionLimit } from '../wire-options.ts';
import type { Envelope } from './envelopes.ts';

/** The only content type of answers; what clients send may leave the encoding out. */
export const contentType = 'application/grpc+proto';

const binaryOptions = { recursionLimit };

/**
 * A message as it was received. Throws INTERNAL, with a sentence by which `blameSender` knows it, for bytes that are no message or are
 * compressed in a way that was not named, and RESOURCE_EXHAUSTED for what is larger than `maxBytes` after decompression.
 */
export function decodeMessage(
  schema: DescMessage,
  envelope: Envelope,
  maxBytes: number,
  compression: Compression | null,
): Message | Promise<Message> {
  if (envelope.flags === 0) return parse(schema, envelope.data);
  return envelopeDecompress(envelope, compression, maxBytes).then(({ data }) => parse(schema, data));
}

function parse(schema: DescMessage, data: Uint8Array): Message {
  try {
    return readRequest(schema, data, binaryOptions);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConnectError(`parse binary: ${reason}`, Code.Internal);
  }
}

/** A message as it is sent. Throws RESOURCE_EXHAUSTED for one that is larger than `maxBytes` before compression. */
export function encodeMessage(
  schema: DescMessage,
  value: unknown,
  maxBytes: number,
  compression: Compression | null,
): Buffer | Promise<Buffer> {
  const ready = envelopeOf(value);
  const data =
    ready === undefined
      ? toBinary(schema, create(schema, value as MessageInitShape<DescMessage>))
      : ready.subarray(PREFIX_BYTES);
  if (data.length > maxBytes) {
    const sentence = `message size ${data.length} is larger than configured writeMaxBytes ${maxBytes}`;
    throw new ConnectError(sentence, Code.ResourceExhausted);
  }
  if (compression === null || data.length < compressMinBytes) return ready ?? envelope(0, data);
  if (ready === undefined) return compress(data, compression);
  return packedOnce(ready, data, compression);
}

/** What was compressed of the messages that go to many. */
const packed = new WeakMap<Buffer, Map<string, Promise<Buffer>>>();

function packedOnce(ready: Buffer, data: Uint8Array, compression: Compression): Promise<Buffer> {
  const known = packed.get(ready) ?? new Map<string, Promise<Buffer>>();
  packed.set(ready, known);
  const result = known.get(compression.name) ?? compress(data, compression);
  known.set(compression.name, result);
  return result;
}

async function compress(data: Uint8Array, compression: Compression): Promise<Buffer> {
  return envelope(compressedFlag, await compression.compress(data as Uint8Array<ArrayBuffer>));
}

function envelope(flags: number, data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + data.length);
  bytes[0] = flags;
  bytes.writeUInt32BE(data.length, 1);
  bytes.set(data, PREFIX_BYTES);
  return bytes;
}

const succeeded: OutgoingHttpHeaders = { 'grpc-status': '0' };

/** The trailers that tell how a call ended, after those that its handler has set. */
export function statusTrailers(
  failure: ConnectError | undefined,
  own: Headers | undefined,
): OutgoingHttpHeaders {
  if (failure === undefined && own === undefined) return succeeded;
  const trailers = setTrailerStatus(new Headers(own), failure);
  return Object.fromEntries(trailers);
}

import { Buffer } from 'node:buffer';
import { Code, ConnectError } from '@connectrpc/connect';
import { PREFIX_BYTES } from '../../wire/encoded-message.ts';

/** One message as it stands in a request. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

const protocolError = (sentence: string, code: Code) => new ConnectError(`protocol error: ${sentence}`, code);

/** Collects the single message of a request. Never holds more than the largest message that may be sent. */
export class RequestMessage {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Of the message with its prefix, once that is known. */
  #expected: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Throws RESOURCE_EXHAUSTED as soon as the message says that it is too large, UNIMPLEMENTED for a second message. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#expected === undefined && this.#bytes >= PREFIX_BYTES) {
      const size = this.#joined().readUInt32BE(1);
      if (size > this.#maxBytes) {
        throw new ConnectError(
          `message size ${size} is larger than configured readMaxBytes ${this.#maxBytes}`,
          Code.ResourceExhausted,
        );
      }
      this.#expected = PREFIX_BYTES + size;
    }
    if (this.#expected !== undefined && this.#bytes > this.#expected) {
      this.#chunks = [];
      throw protocolError('received extra input message', Code.Unimplemented);
    }
  }

  /** The message, once the request has ended. */
  finish(): Envelope {
    if (this.#bytes === 0) throw protocolError('missing input message', Code.Unimplemented);
    if (this.#bytes !== this.#expected) throw protocolError('incomplete envelope', Code.InvalidArgument);
    const all = this.#joined();
    this.#chunks = [];
    // A view that is no Buffer: fields of type bytes become parts of it, and those should be what they are in other protocols.
    const data = new Uint8Array(all.buffer, all.byteOffset + PREFIX_BYTES, all.length - PREFIX_BYTES);
    return { flags: all[0] ?? 0, data };
  }

  #joined(): Buffer<ArrayBuffer> {
    const [first, second] = this.#chunks;
    const all = (first && !second ? first : Buffer.concat(this.#chunks)) as Buffer<ArrayBuffer>;
    this.#chunks = [all];
    return all;
  }
}

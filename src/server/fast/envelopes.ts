import { Buffer } from 'node:buffer';
import { Code, ConnectError } from '@connectrpc/connect';
import { PREFIX_BYTES } from '../../wire/encoded-message.ts';

/** One message as it stands in a request. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

const nothing = Buffer.alloc(0);

/**
 * Takes the messages of a request out of the chunks that it arrives in. One that lies within a chunk stays there; the bytes of others are
 * gathered in a buffer that grows as they come, so that neither a length that was only promised nor a flood of tiny chunks takes memory.
 */
export class EnvelopeSplitter {
  readonly #maxBytes: number;
  /** What has come of a message that is not complete; of its bytes so many count. */
  #begun = nothing;
  #filled = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether a message has begun that is not complete. */
  get inside(): boolean {
    return this.#filled > 0;
  }

  /** Adds the messages that are complete with this chunk. Throws RESOURCE_EXHAUSTED as soon as one says that it is too large. */
  push(chunk: Buffer, complete: Envelope[]): void {
    let at = this.#filled > 0 ? this.#fill(chunk, 0, complete) : 0;
    while (chunk.length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + this.#sizeAt(chunk, at);
      if (end > chunk.length) break;
      complete.push(envelopeAt(chunk, at, end));
      at = end;
    }
    if (at < chunk.length) this.#fill(chunk, at, complete);
  }

  #sizeAt(bytes: Buffer, at: number): number {
    const size = bytes.readUInt32BE(at + 1);
    if (size <= this.#maxBytes) return size;
    throw new ConnectError(
      `message size ${size} is larger than configured readMaxBytes ${this.#maxBytes}`,
      Code.ResourceExhausted,
    );
  }

  /** Continues the message that has begun, or begins one; returns where in the chunk the next one begins. */
  #fill(chunk: Buffer, from: number, complete: Envelope[]): number {
    const at = this.#copy(chunk, from, PREFIX_BYTES);
    if (this.#filled < PREFIX_BYTES) return at;
    const total = PREFIX_BYTES + this.#sizeAt(this.#begun, 0);
    const end = this.#copy(chunk, at, total);
    if (this.#filled === total) {
      complete.push(envelopeAt(this.#begun, 0, total));
      this.#begun = nothing;
      this.#filled = 0;
    }
    return end;
  }

  #copy(chunk: Buffer, from: number, total: number): number {
    const count = Math.min(total - this.#filled, chunk.length - from);
    if (count <= 0) return from;
    const needed = this.#filled + count;
    if (needed > this.#begun.length) {
      const larger = Buffer.allocUnsafe(Math.min(total, Math.max(needed, 2 * this.#begun.length)));
      this.#begun.copy(larger, 0, 0, this.#filled);
      this.#begun = larger;
    }
    chunk.copy(this.#begun, this.#filled, from, from + count);
    this.#filled = needed;
    return from + count;
  }
}

/** A view that is no Buffer: fields of type bytes become parts of it, and those should be what they are in other protocols. */
function envelopeAt(bytes: Buffer, begin: number, end: number): Envelope {
  const { buffer, byteOffset } = bytes as Buffer<ArrayBuffer>;
  const data = new Uint8Array(buffer, byteOffset + begin + PREFIX_BYTES, end - begin - PREFIX_BYTES);
  return { flags: bytes[begin] ?? 0, data };
}

import type { Buffer } from 'node:buffer';
import { Code, ConnectError } from '@connectrpc/connect';
import { type Envelope, EnvelopeSplitter } from './envelopes.ts';

/** What a request is answered that does not keep to the protocol. */
export const protocolError = (sentence: string, code: Code) =>
  new ConnectError(`protocol error: ${sentence}`, code);

/** Collects the single message of a request. Never holds more than the largest message that may be sent, and a chunk. */
export class RequestMessage {
  readonly #splitter: EnvelopeSplitter;
  readonly #messages: Envelope[] = [];

  constructor(maxBytes: number) {
    this.#splitter = new EnvelopeSplitter(maxBytes);
  }

  /** Throws RESOURCE_EXHAUSTED as soon as the message says that it is too large, UNIMPLEMENTED for a second message. */
  push(chunk: Buffer): void {
    this.#splitter.push(chunk, this.#messages);
    const more = this.#messages.length > 1 || (this.#messages.length === 1 && this.#splitter.inside);
    if (more) throw protocolError('received extra input message', Code.Unimplemented);
  }

  /** The message, once the request has ended. */
  finish(): Envelope {
    if (this.#splitter.inside) throw protocolError('incomplete envelope', Code.InvalidArgument);
    const [message] = this.#messages;
    if (message === undefined) throw protocolError('missing input message', Code.Unimplemented);
    return message;
  }
}

import type { Buffer } from 'node:buffer';
import type { ConnectError } from '@connectrpc/connect';
import { GrpcCall } from './grpc-call.ts';
import { RequestStream } from './request-stream.ts';

/**
 * A call that takes a stream of messages, and answers with one (client stream) or with as many as it likes (bidirectional). Its handler
 * runs from the beginning and reads messages as it gets to them. There is no limit to how long a client may go on sending.
 */
export class ManyRequestsCall extends GrpcCall {
  #requests: RequestStream | undefined;

  protected override started(): void {
    const { handler } = this.target;
    const { readMaxBytes } = this.options.config;
    this.#requests = new RequestStream(this.stream, readMaxBytes, (envelope) => this.decode(envelope));
    void this.answer(handler(this.#requests, this.context));
  }

  protected override receive(chunk: Buffer): void {
    this.#requests?.push(chunk);
  }

  protected override received(): void {
    this.#requests?.finish();
  }

  protected override forget(failure: ConnectError | undefined): void {
    this.#requests?.cancel(failure);
  }
}

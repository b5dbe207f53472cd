import type { Buffer } from 'node:buffer';
import { GrpcCall } from './grpc-call.ts';
import { RequestMessage } from './request-message.ts';

/** A call that takes a single message. Its handler runs when the request is complete, which it must be in time. */
export class SingleRequestCall extends GrpcCall {
  #request: RequestMessage | undefined;

  protected override started(): void {
    this.#request = new RequestMessage(this.options.config.readMaxBytes);
    this.limitRequestTime();
  }

  protected override receive(chunk: Buffer): void {
    this.#request?.push(chunk);
  }

  protected override received(): void {
    const request = this.#request;
    this.#request = undefined;
    if (request === undefined) throw new Error('a request was read twice');
    const message = this.decode(request.finish());
    if (message instanceof Promise) {
      message.then(
        (unpacked) => this.#run(unpacked),
        (error: unknown) => this.fail(error),
      );
    } else this.#run(message);
  }

  protected override forget(): void {
    this.#request = undefined;
  }

  #run(message: Parameters<typeof this.target.handler>[0]): void {
    if (this.over) return;
    try {
      void this.answer(this.target.handler(message, this.context));
    } catch (error) {
      this.fail(error);
    }
  }
}

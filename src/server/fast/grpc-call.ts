import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { DescMessage, Message } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { compressionNegotiate, envelopeDecompress } from '@connectrpc/connect/protocol';
import type { ServerConfig } from '../../config.ts';
import { toConnectError } from '../../rpc/errors.ts';
import { readRequest } from '../../rpc/specs/known-specs.ts';
import type { Call } from '../call.ts';
import { blameSender, drainingError, endedReason, goneError } from '../call-errors.ts';
import { compressions } from '../compression.ts';
import { readGrpcTimeout } from '../deadline.ts';
import type { Draining } from '../draining.ts';
import type { Observer } from '../observer.ts';
import type { StreamLimit } from '../stream-limit.ts';
import { discardMs, recursionLimit } from '../wire-options.ts';
import { LazyContext } from './context.ts';
import type { FastMethod } from './methods.ts';
import { RequestMessage } from './request-message.ts';
import { contentType, encodeMessage, statusTrailers } from './wire.ts';

/** What all calls of a server share. */
export interface CallOptions {
  readonly config: Pick<ServerConfig, 'readMaxBytes' | 'writeMaxBytes' | 'requestTimeoutMs' | 'tls'>;
  readonly observer: Observer;
  readonly draining: Draining;
  /** Services that see draining on their own. */
  readonly endThemselves: ReadonlySet<string>;
  readonly limit: StreamLimit;
  /** Run on each message before its handler; what they throw is the answer. */
  readonly checks: readonly ((schema: DescMessage, message: Message) => void)[];
}

const binaryOptions = { recursionLimit };
const ignore = () => undefined;

/**
 * One call of gRPC over HTTP/2 that takes a single message: from its header to its trailers. It ends once, by what comes first: its
 * handler's answer or error, its deadline, draining (streams only) or its client going away.
 */
export class GrpcCall {
  readonly #options: CallOptions;
  readonly #target: FastMethod;
  readonly #stream: ServerHttp2Stream;
  readonly #call: Call;
  readonly #context: LazyContext;
  readonly #compression: ReturnType<typeof compressionNegotiate>;
  readonly #started = performance.now();
  readonly #unary: boolean;
  #request: RequestMessage | undefined;
  #received = false;
  #over = false;
  #failure: ConnectError | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #requestTimer: NodeJS.Timeout | undefined;
  /** Undoes what the beginning of a stream did. */
  #release: (() => void)[] = [];
  #messages: AsyncIterator<unknown> | undefined;
  #writable: PromiseWithResolvers<void> | undefined;

  constructor(
    options: CallOptions,
    target: FastMethod,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    call: Call,
  ) {
    this.#options = options;
    this.#target = target;
    this.#stream = stream;
    this.#call = call;
    this.#unary = target.method.methodKind === 'unary';
    this.#request = new RequestMessage(options.config.readMaxBytes);
    const header = (name: string) => headers[name]?.toString() ?? null;
    this.#compression = compressionNegotiate(
      [...compressions],
      header('grpc-encoding'),
      header('grpc-accept-encoding'),
      'grpc-accept-encoding',
    );
    const timeout = readGrpcTimeout(header('grpc-timeout'));
    const scheme = options.config.tls ? 'https' : 'http';
    const deadline = timeout.ms === undefined ? undefined : this.#started + timeout.ms;
    this.#context = new LazyContext({ call, headers, scheme, deadline });

    stream.on('error', ignore);
    stream.on('data', (chunk: Buffer) => this.#data(chunk));
    stream.once('end', () => this.#end());
    stream.once('close', () => this.#closed());
    this.#requestTimer = setTimeout(cut, options.config.requestTimeoutMs, stream).unref();
    try {
      if (!this.#unary) this.#openStream();
      if (timeout.error) throw timeout.error;
      if (timeout.ms !== undefined) this.#limitTime(timeout.ms);
    } catch (error) {
      this.#fail(error);
    }
  }

  #openStream(): void {
    const { observer, limit, draining, endThemselves } = this.#options;
    this.#release.push(limit.enter(this.#call.client));
    this.#release.push(observer.streamOpened(this.#call));
    if (endThemselves.has(this.#target.method.parent.typeName)) return;
    this.#release.push(draining.onBegin(() => this.#finish(drainingError())));
  }

  #limitTime(ms: number): void {
    const late = () => this.#finish(new ConnectError('the operation timed out', Code.DeadlineExceeded));
    if (ms <= 0) late();
    else this.#deadlineTimer = setTimeout(late, ms);
  }

  #data(chunk: Buffer): void {
    try {
      // Of a call that is over the rest is read and thrown away, so that its client gets to read the answer.
      this.#request?.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  #end(): void {
    this.#received = true;
    clearTimeout(this.#requestTimer);
    if (!this.#over) this.#run().catch((error: unknown) => this.#fail(error));
  }

  async #run(): Promise<void> {
    const { handler } = this.#target;
    const parsed = this.#parse();
    const message = parsed instanceof Promise ? await parsed : parsed;
    if (this.#over) return;
    const { input } = this.#target.method;
    for (const check of this.#options.checks) check(input, message);
    const answer = handler(message, this.#context);
    if (!this.#unary) return this.#sendAll(answer as AsyncIterable<unknown>);
    const value = await answer;
    if (this.#over) return;
    const encoded = this.#encode(value);
    this.#finish(undefined, encoded instanceof Promise ? await encoded : encoded);
  }

  #parse(): Message | Promise<Message> {
    const request = this.#request;
    this.#request = undefined;
    if (request === undefined) throw new Error('a request was read twice');
    const envelope = request.finish();
    if (envelope.flags === 0) return this.#decode(envelope.data);
    const { readMaxBytes } = this.#options.config;
    return envelopeDecompress(envelope, this.#compression.request, readMaxBytes).then(({ data }) =>
      this.#decode(data),
    );
  }

  #decode(data: Uint8Array): Message {
    try {
      return readRequest(this.#target.method.input, data, binaryOptions);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConnectError(`parse binary: ${reason}`, Code.Internal);
    }
  }

  #encode(value: unknown): Buffer | Promise<Buffer> {
    const { writeMaxBytes } = this.#options.config;
    return encodeMessage(this.#target.method.output, value, writeMaxBytes, this.#compression.response);
  }

  async #sendAll(messages: AsyncIterable<unknown>): Promise<void> {
    const iterator = messages[Symbol.asyncIterator]();
    this.#messages = iterator;
    for (;;) {
      const next = await iterator.next();
      if (this.#over) return;
      if (next.done) break;
      const encoded = this.#encode(next.value);
      const bytes = encoded instanceof Promise ? await encoded : encoded;
      if (this.#over) return;
      this.#respond();
      if (!this.#stream.write(bytes)) await this.#drained();
      if (this.#over) return;
    }
    this.#messages = undefined;
    this.#finish(undefined);
  }

  /** Until the client has read what it was sent, or the call is over. */
  #drained(): Promise<void> {
    this.#writable = Promise.withResolvers();
    const { promise, resolve } = this.#writable;
    this.#stream.once('drain', resolve);
    return promise;
  }

  #fail(error: unknown): void {
    const failure = toConnectError(error, this.#call.requestId);
    blameSender(failure);
    this.#finish(failure);
  }

  #finish(failure: ConnectError | undefined, last?: Buffer): void {
    if (this.#over) return;
    this.#settle(failure);
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    try {
      this.#respond();
      const trailers = statusTrailers(failure, this.#context.answered.trailer);
      stream.once('wantTrailers', () => stream.sendTrailers(trailers));
      stream.end(last);
    } catch {
      // A header that HTTP/2 cannot carry. Without an answer the client must at least not wait for one.
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
    if (this.#received) return;
    clearTimeout(this.#requestTimer);
    this.#requestTimer = setTimeout(cut, discardMs, stream).unref();
  }

  #respond(): void {
    if (this.#stream.headersSent) return;
    const headers: OutgoingHttpHeaders = {
      ':status': 200,
      'content-type': contentType,
      'x-request-id': this.#call.requestId,
    };
    if (this.#compression.response) headers['grpc-encoding'] = this.#compression.response.name;
    this.#context.answered.header?.forEach((value, name) => {
      headers[name] = value;
    });
    this.#stream.respond(headers, { waitForTrailers: true });
  }

  #closed(): void {
    clearTimeout(this.#requestTimer);
    if (!this.#over) this.#settle(goneError());
    // A stream occupies its place until its connection has nothing of it left.
    if (!this.#unary) this.#observe();
    for (const release of this.#release) release();
  }

  /** The call has its outcome: nobody waits for anything any more. */
  #settle(failure: ConnectError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    this.#request = undefined;
    clearTimeout(this.#deadlineTimer);
    if (this.#unary) this.#observe();
    this.#context.end(failure ?? endedReason);
    this.#writable?.resolve();
    // A handler that is blocked runs its `finally` only later; nobody waits for that.
    this.#messages?.return?.()?.catch(ignore);
  }

  #observe(): void {
    this.#options.observer.ended(this.#call, performance.now() - this.#started, this.#failure);
  }
}

function cut(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
}

import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { DescMethod, Message } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { compressionNegotiate } from '@connectrpc/connect/protocol';
import type { ServerConfig } from '../../config.ts';
import { toConnectError } from '../../rpc/errors.ts';
import type { Call } from '../call.ts';
import { blameSender, drainingError, endedReason, goneError } from '../call-errors.ts';
import { compressions } from '../compression.ts';
import { readGrpcTimeout } from '../deadline.ts';
import type { Draining } from '../draining.ts';
import type { Observer } from '../observer.ts';
import type { StreamLimit } from '../stream-limit.ts';
import { discardMs } from '../wire-options.ts';
import { AnswerQueue } from './answer-queue.ts';
import { LazyContext } from './context.ts';
import type { Envelope } from './envelopes.ts';
import type { FastMethod } from './methods.ts';
import { contentType, decodeMessage, encodeMessage, statusTrailers } from './wire.ts';

/** What all calls of a server share. */
export interface CallOptions {
  readonly config: Pick<ServerConfig, 'readMaxBytes' | 'writeMaxBytes' | 'requestTimeoutMs' | 'tls'>;
  readonly observer: Observer;
  readonly draining: Draining;
  /** Services that see draining on their own. */
  readonly endThemselves: ReadonlySet<string>;
  readonly limit: StreamLimit;
  /** Run on each message before its handler sees it; what they throw is the answer. */
  readonly checks: readonly ((method: DescMethod, message: Message) => void)[];
}

const ignore = () => undefined;

/**
 * One call of gRPC over HTTP/2, from its header to its trailers; how its request is read is left to subclasses. It ends once, by what
 * comes first: its handler's answer or error, its deadline, draining (streams only) or its client going away.
 */
export abstract class GrpcCall {
  protected readonly options: CallOptions;
  protected readonly target: FastMethod;
  protected readonly stream: ServerHttp2Stream;
  protected readonly context: LazyContext;
  /** Whether the call has its outcome. */
  protected over = false;
  readonly #call: Call;
  readonly #compression: ReturnType<typeof compressionNegotiate>;
  readonly #timeout: ReturnType<typeof readGrpcTimeout>;
  readonly #started = performance.now();
  readonly #unary: boolean;
  #received = false;
  #failure: ConnectError | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #requestTimer: NodeJS.Timeout | undefined;
  /** Undoes what the beginning of a stream did. */
  #release: (() => void)[] = [];
  /** The answers of a stream: where they come from and where they go. */
  #messages: AsyncIterator<unknown> | undefined;
  #answers: AnswerQueue | undefined;

  constructor(
    options: CallOptions,
    target: FastMethod,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    call: Call,
  ) {
    this.options = options;
    this.target = target;
    this.stream = stream;
    this.#call = call;
    this.#unary = target.method.methodKind === 'unary';
    const header = (name: string) => headers[name]?.toString() ?? null;
    this.#compression = compressionNegotiate(
      [...compressions],
      header('grpc-encoding'),
      header('grpc-accept-encoding'),
      'grpc-accept-encoding',
    );
    this.#timeout = readGrpcTimeout(header('grpc-timeout'));
    const { ms } = this.#timeout;
    const scheme = options.config.tls ? 'https' : 'http';
    const deadline = ms === undefined ? undefined : this.#started + ms;
    this.context = new LazyContext({ call, headers, scheme, deadline });
  }

  /** Starts the call; to be called once, in the turn in which its header came. */
  begin(): void {
    const { stream } = this;
    stream.on('error', ignore);
    stream.on('data', (chunk: Buffer) => this.#data(chunk));
    stream.once('end', () => this.#end());
    stream.once('close', () => this.#closed());
    try {
      if (!this.#unary) this.#openStream();
      const { ms, error } = this.#timeout;
      if (error) throw error;
      if (ms !== undefined) this.#limitTime(ms);
      if (!this.over) this.started();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The call may run; what this throws is its outcome. */
  protected abstract started(): void;
  /** A part of the request has come; what this throws is the outcome of the call. */
  protected abstract receive(chunk: Buffer): void;
  /** The request has come to its end. */
  protected abstract received(): void;
  /** The call is over, by the failure if there is one: nobody reads the request any more. */
  protected abstract forget(failure: ConnectError | undefined): void;

  /** Cuts a request that is not complete in time. */
  protected limitRequestTime(): void {
    this.#requestTimer = setTimeout(cut, this.options.config.requestTimeoutMs, this.stream).unref();
  }

  /** A message of the request, unpacked and read. Throws INVALID_ARGUMENT or RESOURCE_EXHAUSTED for what cannot be, and what the checks throw. */
  protected decode(envelope: Envelope): Message | Promise<Message> {
    const { method } = this.target;
    const { config, checks } = this.options;
    const checked = (message: Message) => {
      for (const check of checks) check(method, message);
      return message;
    };
    const decoded = decodeMessage(method.input, envelope, config.readMaxBytes, this.#compression.request);
    return decoded instanceof Promise ? decoded.then(checked) : checked(decoded);
  }

  /** Sends what the handler gives, its one message or all messages of its stream, and ends the call; never rejects. */
  protected async answer(given: unknown): Promise<void> {
    const { methodKind } = this.target.method;
    try {
      if (methodKind === 'unary' || methodKind === 'client_streaming') await this.#sendOne(await given);
      else await this.#sendAll(given as AsyncIterable<unknown>);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends the call by what was thrown. */
  protected fail(error: unknown): void {
    const failure = toConnectError(error, this.#call.requestId);
    blameSender(failure);
    this.#finish(failure);
  }

  #openStream(): void {
    const { observer, limit, draining, endThemselves } = this.options;
    this.#release.push(limit.enter(this.#call.client));
    this.#release.push(observer.streamOpened(this.#call));
    if (endThemselves.has(this.target.method.parent.typeName)) return;
    this.#release.push(draining.onBegin(() => this.#finish(drainingError())));
  }

  #limitTime(ms: number): void {
    const late = () => this.#finish(new ConnectError('the operation timed out', Code.DeadlineExceeded));
    if (ms <= 0) late();
    else this.#deadlineTimer = setTimeout(late, ms);
  }

  #data(chunk: Buffer): void {
    // Of a call that is over the rest is read and thrown away, so that its client gets to read the answer.
    if (this.over) return;
    try {
      this.receive(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  #end(): void {
    this.#received = true;
    clearTimeout(this.#requestTimer);
    if (this.over) return;
    try {
      this.received();
    } catch (error) {
      this.fail(error);
    }
  }

  #encode(value: unknown): Buffer | Promise<Buffer> {
    const { writeMaxBytes } = this.options.config;
    return encodeMessage(this.target.method.output, value, writeMaxBytes, this.#compression.response);
  }

  async #sendOne(value: unknown): Promise<void> {
    if (this.over) return;
    const encoded = this.#encode(value);
    this.#finish(undefined, encoded instanceof Promise ? await encoded : encoded);
  }

  async #sendAll(messages: AsyncIterable<unknown>): Promise<void> {
    const answers = new AnswerQueue(this.stream);
    const iterator = messages[Symbol.asyncIterator]();
    this.#answers = answers;
    this.#messages = iterator;
    for (;;) {
      const next = await iterator.next();
      if (this.over) return;
      if (next.done) break;
      const encoded = this.#encode(next.value);
      const bytes = encoded instanceof Promise ? await encoded : encoded;
      if (this.over) return;
      this.#respond();
      if (!answers.push(bytes)) await answers.writable();
      if (this.over) return;
    }
    this.#messages = undefined;
    this.#finish(undefined);
  }

  #finish(failure: ConnectError | undefined, last?: Buffer): void {
    if (this.over) return;
    const rest = this.#answers?.take() ?? last;
    this.#settle(failure);
    const { stream } = this;
    if (stream.destroyed || stream.closed) return;
    try {
      this.#respond();
      const trailers = statusTrailers(failure, this.context.answered.trailer);
      stream.once('wantTrailers', () => stream.sendTrailers(trailers));
      stream.end(rest);
    } catch {
      // A header that HTTP/2 cannot carry. Without an answer the client must at least not wait for one.
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
    if (this.#received) return;
    clearTimeout(this.#requestTimer);
    this.#requestTimer = setTimeout(cut, discardMs, stream).unref();
  }

  #respond(): void {
    if (this.stream.headersSent) return;
    const headers: OutgoingHttpHeaders = {
      ':status': 200,
      'content-type': contentType,
      'x-request-id': this.#call.requestId,
    };
    if (this.#compression.response) headers['grpc-encoding'] = this.#compression.response.name;
    this.context.answered.header?.forEach((value, name) => {
      headers[name] = value;
    });
    this.stream.respond(headers, { waitForTrailers: true });
  }

  #closed(): void {
    clearTimeout(this.#requestTimer);
    if (!this.over) this.#settle(goneError());
    // A stream occupies its place until its connection has nothing of it left.
    if (!this.#unary) this.#observe();
    for (const release of this.#release) release();
  }

  /** The call has its outcome: nobody waits for anything any more. */
  #settle(failure: ConnectError | undefined): void {
    if (this.over) return;
    this.over = true;
    this.#failure = failure;
    clearTimeout(this.#deadlineTimer);
    if (this.#unary) this.#observe();
    this.context.end(failure ?? endedReason);
    this.forget(failure);
    this.#answers?.release();
    // A handler that is blocked runs its `finally` only later; nobody waits for that.
    this.#messages?.return?.()?.catch(ignore);
  }

  #observe(): void {
    this.options.observer.ended(this.#call, performance.now() - this.#started, this.#failure);
  }
}

function cut(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
}

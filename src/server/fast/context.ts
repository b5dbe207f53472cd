import type { DescMethod } from '@bufbuild/protobuf';
import { type ContextValues, createContextValues, type HandlerContext } from '@connectrpc/connect';
import type { IncomingHttpHeaders } from 'node:http2';
import { requestIdKey } from '../../rpc/request-id.ts';
import { type Call, callKey } from '../call.ts';
import { webHeaders } from '../universal-request.ts';

/** What a context is about. */
export interface ContextOf {
  readonly call: Call;
  readonly headers: IncomingHttpHeaders;
  readonly scheme: 'http' | 'https';
  /** Milliseconds of performance.now() at which the call must have ended; undefined without a deadline. */
  readonly deadline: number | undefined;
}

/**
 * What a handler is told about its call. Nearly all handlers look at one or two of these things, so each is made when it is asked for.
 */
export class LazyContext implements HandlerContext {
  readonly protocolName = 'grpc';
  readonly requestMethod = 'POST';
  readonly method: DescMethod;
  readonly #of: ContextOf;
  #controller: AbortController | undefined;
  /** Why the call has ended, if it has. */
  #ended: { reason: unknown } | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #values: ContextValues | undefined;

  constructor(of: ContextOf) {
    this.#of = of;
    this.method = of.call.method;
  }

  get service() {
    return this.method.parent;
  }

  get url(): string {
    const { headers, scheme } = this.#of;
    return `${scheme}://${headers[':authority'] ?? headers.host ?? 'localhost'}${headers[':path']}`;
  }

  readonly timeoutMs = (): number | undefined => {
    const { deadline } = this.#of;
    return deadline === undefined ? undefined : deadline - performance.now();
  };

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  get requestHeader(): Headers {
    this.#requestHeader ??= webHeaders(this.#of.headers);
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  get values(): ContextValues {
    const { call } = this.#of;
    this.#values ??= createContextValues().set(callKey, call).set(requestIdKey, call.requestId);
    return this.#values;
  }

  /** The headers and trailers that the handler has asked for; undefined where it has not. */
  get answered(): { header: Headers | undefined; trailer: Headers | undefined } {
    return { header: this.#responseHeader, trailer: this.#responseTrailer };
  }

  /** Aborts the signal, also one that is asked for later. The first reason stays. */
  end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    this.#controller?.abort(reason);
  }
}

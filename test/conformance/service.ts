import { create, type DescMessage, type Message, type Registry } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { type Code, ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';
import { setTimeout as delay } from 'node:timers/promises';

/** The parts of the messages that the service works with; their schemas come with the published suite. */
interface Header {
  readonly name: string;
  readonly value: readonly string[];
}
interface Failure {
  readonly code: number;
  readonly message?: string;
  readonly details: readonly { typeUrl: string; value: Uint8Array }[];
}
interface Definition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
  /** Of a single answer. */
  readonly response?: { case: 'responseData'; value: Uint8Array } | { case: 'error'; value: Failure };
  /** Of a stream. */
  readonly responseData?: readonly Uint8Array[];
  readonly error?: Failure;
}
type Request = Message & { readonly responseDefinition?: Definition; readonly fullDuplex?: boolean };

const PACKAGE = 'connectrpc.conformance.v1';

/** Registers the service that the suite calls, which does what each request describes. */
export function registerConformance(router: ConnectRouter, types: Registry): void {
  const service = types.getService(`${PACKAGE}.ConformanceService`);
  const payloadSchema = types.getMessage(`${PACKAGE}.ConformancePayload`);
  const infoSchema = types.getMessage(`${PACKAGE}.ConformancePayload.RequestInfo`);
  if (!service || !payloadSchema || !infoSchema) throw new Error('these are not the schemas of the suite');

  const schemaOf = (message: Message): DescMessage => {
    const schema = types.getMessage(message.$typeName);
    if (!schema) throw new Error(`unknown message ${message.$typeName}`);
    return schema;
  };

  const infoOf = (requests: readonly Request[], context: HandlerContext) => {
    const timeout = context.timeoutMs();
    return create(infoSchema, {
      requestHeaders: [...context.requestHeader].map(([name, value]) => ({ name, value: [value] })),
      requests: requests.map((request) => anyPack(schemaOf(request), request)),
      ...(timeout === undefined ? {} : { timeoutMs: BigInt(Math.ceil(timeout)) }),
      connectGetInfo: {
        queryParams: [...new URL(context.url).searchParams].map(([name, value]) => ({
          name,
          value: [value],
        })),
      },
    } as Record<string, unknown>);
  };

  const payload = (data: Uint8Array, info?: Message) => ({
    payload: create(payloadSchema, { data, ...(info ? { requestInfo: info } : {}) } as Record<
      string,
      unknown
    >),
  });

  const errorOf = ({ code, message, details }: Failure, info?: Message): ConnectError => {
    const error = new ConnectError(message ?? '', code as Code);
    error.details = details.map(({ typeUrl, value }) => ({ type: typeUrl.replace(/^.*\//, ''), value }));
    if (info) error.details.push({ desc: infoSchema, value: info });
    return error;
  };

  const setHeaders = (definition: Definition | undefined, context: HandlerContext) => {
    for (const { name, value } of definition?.responseHeaders ?? [])
      for (const item of value) context.responseHeader.append(name, item);
    for (const { name, value } of definition?.responseTrailers ?? [])
      for (const item of value) context.responseTrailer.append(name, item);
  };

  async function answer(requests: readonly Request[], context: HandlerContext) {
    const definition = requests[0]?.responseDefinition;
    setHeaders(definition, context);
    const info = infoOf(requests, context);
    if (definition?.responseDelayMs) await delay(definition.responseDelayMs, undefined, context);
    const response = definition?.response;
    if (response?.case === 'error') throw errorOf(response.value, info);
    return payload(response?.case === 'responseData' ? response.value : new Uint8Array(), info);
  }

  async function* answers(definition: Definition, context: HandlerContext, info: () => Message) {
    let first = true;
    for (const data of definition.responseData ?? []) {
      if (definition.responseDelayMs) await delay(definition.responseDelayMs, undefined, context);
      yield payload(data, first ? info() : undefined);
      first = false;
    }
    if (definition.error) throw errorOf(definition.error, first ? info() : undefined);
  }

  router.service(service, {
    unary: (request: Request, context: HandlerContext) => answer([request], context),
    idempotentUnary: (request: Request, context: HandlerContext) => answer([request], context),
    async clientStream(requests: AsyncIterable<Request>, context: HandlerContext) {
      const all: Request[] = [];
      for await (const request of requests) all.push(request);
      return answer(all, context);
    },
    async *serverStream(request: Request, context: HandlerContext) {
      setHeaders(request.responseDefinition, context);
      if (request.responseDefinition)
        yield* answers(request.responseDefinition, context, () => infoOf([request], context));
    },
    async *bidiStream(requests: AsyncIterable<Request>, context: HandlerContext) {
      const seen: Request[] = [];
      let definition: Definition | undefined;
      let duplex = false;
      let sent = 0;
      for await (const request of requests) {
        seen.push(request);
        if (seen.length === 1) {
          definition = request.responseDefinition;
          duplex = request.fullDuplex ?? false;
          setHeaders(definition, context);
        }
        if (!duplex) continue;
        const data = definition?.responseData?.[sent];
        if (data === undefined) break;
        if (definition?.responseDelayMs) await delay(definition.responseDelayMs, undefined, context);
        yield payload(data, infoOf(duplex ? [request] : seen, context));
        sent += 1;
      }
      if (!definition) return;
      const info = () => infoOf(duplex && sent > 0 ? seen.slice(-1) : seen, context);
      const rest = { ...definition, responseData: definition.responseData?.slice(sent) ?? [] };
      if (!duplex || sent === 0) yield* answers(rest, context, info);
      else {
        for (const data of rest.responseData) yield payload(data);
        if (rest.error) throw errorOf(rest.error);
      }
    },
  } as object);
}

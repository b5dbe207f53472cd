import type { OutgoingHttpHeaders } from 'node:http2';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { ServerConfig } from '../../src/config.ts';
import {
  InternalRunService,
  UpdateActionStatusStreamResponseSchema as AnswerSchema,
  type UpdateActionStatusStreamRequest,
  UpdateActionStatusStreamRequestSchema,
} from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { startServer } from './harness.ts';
import { type Duplex, duplex } from './raw.ts';

/** What a handler of a stream reads, and what it answers. */
export type Requests = AsyncIterable<UpdateActionStatusStreamRequest>;
export type Answer = MessageInitShape<typeof AnswerSchema>;
export type Handler = (requests: Requests, context: HandlerContext) => AsyncIterable<Answer>;

/** The path of the stream. */
export const path = '/flyteidl2.workflow.InternalRunService/UpdateActionStatusStream';

/** A message with a number, and as long as one likes. */
export function request(nonce: number, filler = ''): Buffer {
  const message = create(UpdateActionStatusStreamRequestSchema, {
    nonce: BigInt(nonce),
    request: { actionId: { run: { org: '', project: 'p', domain: 'd', name: 'n' }, name: filler } },
  });
  return Buffer.from(toBinary(UpdateActionStatusStreamRequestSchema, message));
}

/** The number of an answer. */
export const nonceOf = (bytes: Uint8Array) => Number(fromBinary(AnswerSchema, bytes).nonce);

/** 0, 1, 2, … */
export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Answers each message with its number. */
export async function* echo(requests: Requests): AsyncGenerator<Answer> {
  for await (const { nonce } of requests) yield { nonce };
}

/** The code and the sentence that a stream ended with. */
export async function statusOf({ over }: Duplex): Promise<unknown[]> {
  const { headers } = await over;
  return [Number(headers['grpc-status']), decodeURIComponent(String(headers['grpc-message'] ?? ''))];
}

/** A server whose stream is handled as the test says. */
export async function startStream(fastPath: boolean, handler: Handler, server: Partial<ServerConfig> = {}) {
  const contexts: HandlerContext[] = [];
  const started = await startServer({
    server: { fastPath, ...server },
    routes: (router) =>
      router.service(InternalRunService, {
        updateActionStatusStream: (requests, context) => {
          contexts.push(context);
          return handler(requests, context);
        },
      }),
  });
  const open = (headers: OutgoingHttpHeaders = {}): Duplex =>
    duplex(started.url, { ':path': path, ...headers });
  return { ...started, contexts, open };
}

/**
 * `node bench/empty/main.ts connect|http2`: a server on a free port of 127.0.0.1 that does nothing: it answers every call of the measured
 * RPCs with an empty message. `connect` is connect-node without interceptors on a bare listener, `http2` is Node's HTTP/2 alone.
 */
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import {
  InternalRunService,
  RecordActionEventStreamResponseSchema,
  RecordActionStreamResponseSchema,
  UpdateActionStatusStreamResponseSchema,
} from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { DOWNLOAD } from '../client/download.ts';
import { FrameReader, frame } from '../client/wire.ts';

function connectServer(): Http2Server {
  const routes = (router: ConnectRouter) => {
    router.service(RunService, {
      createRun: () => ({}),
      listRuns: () => ({}),
      async *watchActions() {
        yield {};
      },
    });
    router.service(InternalRunService, {
      recordAction: () => ({}),
      updateActionStatus: () => ({}),
      recordActionEvents: () => ({}),
      async *recordActionStream(requests) {
        for await (const _ of requests) yield create(RecordActionStreamResponseSchema);
      },
      async *updateActionStatusStream(requests) {
        for await (const _ of requests) yield create(UpdateActionStatusStreamResponseSchema);
      },
      async *recordActionEventStream(requests) {
        for await (const _ of requests) yield create(RecordActionEventStreamResponseSchema);
      },
    });
  };
  return createServer(connectNodeAdapter({ routes }));
}

const EMPTY = Buffer.alloc(5);
const CHUNK = frame(Buffer.alloc(16 * 1024));

/** Sends until the other side closes the stream. */
function sendForever(stream: ServerHttp2Stream): void {
  const more = () => {
    while (!stream.destroyed && stream.write(CHUNK));
  };
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
  stream.on('error', () => undefined);
  stream.on('drain', more);
  stream.resume();
  more();
}

function bareServer(): Http2Server {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    if (headers[':path'] === DOWNLOAD) return sendForever(stream);
    const streams = String(headers[':path']).endsWith('Stream');
    const frames = new FrameReader();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.on('data', (chunk: Buffer) => {
      const count = frames.push(chunk).length;
      if (streams && count > 0) stream.write(Buffer.alloc(5 * count));
    });
    stream.on('end', () => (streams ? stream.end() : stream.end(EMPTY)));
    stream.on('error', () => undefined);
  });
  return server;
}

const server = process.argv[2] === 'connect' ? connectServer() : bareServer();
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit(0));

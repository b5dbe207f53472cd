import { create, createFileRegistry, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import {
  file_flyteidl2_workflow_run_service,
  type ListRunsRequest,
  ListRunsRequestSchema,
  ListRunsResponseSchema,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { startServer } from './harness.ts';
import { duplex, envelope } from './raw.ts';

/** No service of the contract has a method that takes a stream and answers once. */
function clientStream() {
  const file = create(FileDescriptorProtoSchema, {
    name: 'test/upload.proto',
    package: 'test',
    syntax: 'proto3',
    dependency: [file_flyteidl2_workflow_run_service.proto.name],
    service: [
      {
        name: 'Uploads',
        method: [
          {
            name: 'Upload',
            inputType: '.flyteidl2.workflow.ListRunsRequest',
            outputType: '.flyteidl2.workflow.ListRunsResponse',
            clientStreaming: true,
          },
        ],
      },
    ],
  });
  const registry = createFileRegistry(file, (name) =>
    name === file_flyteidl2_workflow_run_service.proto.name ? file_flyteidl2_workflow_run_service : undefined,
  );
  return registry.getService('test.Uploads') ?? expect.unreachable();
}

describe.each([true, false])('a stream that is answered once, fastPath: %s', (fastPath) => {
  const orgs: string[] = [];

  async function upload(
    messages: readonly MessageInitShape<typeof ListRunsRequestSchema>[],
    read = Infinity,
  ) {
    const service = clientStream();
    orgs.length = 0;
    const { url } = await startServer({
      server: { fastPath },
      routes: (router) =>
        router.service(service, {
          async upload(requests: AsyncIterable<ListRunsRequest>) {
            for await (const { scopeBy } of requests) {
              orgs.push(`${scopeBy.value}`);
              if (orgs.length === read) break;
            }
            return { token: orgs.join() };
          },
        } as object),
    });
    const call = duplex(url, { ':path': '/test.Uploads/Upload' });
    for (const message of messages) {
      const bytes = toBinary(ListRunsRequestSchema, create(ListRunsRequestSchema, message));
      call.stream.write(envelope(bytes));
    }
    call.stream.end();
    return call;
  }

  const org = (value: string) => ({ scopeBy: { case: 'org', value } }) as const;

  test('is checked message by message, and filled in', async () => {
    const call = await upload([org('a'), org(''), org('c')]);
    const [answer] = await call.answers(1);
    expect(fromBinary(ListRunsResponseSchema, answer ?? Buffer.alloc(0)).token).toBe('a,default,c');
    expect((await call.over).headers['grpc-status']).toBe('0');
  });

  test('ends with the violations of one message', async () => {
    const call = await upload([org('a'), {}, org('c')]);
    expect((await call.over).headers['grpc-status']).toBe(`${Code.InvalidArgument}`);
    expect((await call.over).headers['grpc-status-details-bin']).toBeDefined();
    expect(orgs).toEqual(['a']);
  });

  test('may be answered before all of it was read', async () => {
    const call = await upload([org('a'), org('b'), org('c')], 2);
    const [answer] = await call.answers(1);
    expect(fromBinary(ListRunsResponseSchema, answer ?? Buffer.alloc(0)).token).toBe('a,b');
  });
});

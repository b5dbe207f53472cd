import { create, createFileRegistry, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { Code, createClient } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from '../../src/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as AlphaReflection } from '../../src/gen/grpc/reflection/v1alpha/reflection_pb.js';
import { startServer, transport } from './harness.ts';

type Request = MessageInitShape<typeof ServerReflectionRequestSchema>;
type Asked = NonNullable<Request['messageRequest']>;

async function ask(service: typeof ServerReflection | typeof AlphaReflection, ...asked: Asked[]) {
  const { url } = await startServer({ routes: (router) => router.service(RunService, {}) });
  async function* requests(): AsyncGenerator<Request> {
    for (const messageRequest of asked) yield { host: 'h', messageRequest };
  }
  const client = createClient(service as typeof ServerReflection, transport('gRPC, h2c', url));
  const answers: ServerReflectionResponse[] = [];
  for await (const answer of client.serverReflectionInfo(requests())) answers.push(answer);
  return answers.map(({ messageResponse }) => messageResponse);
}

function files(response: ServerReflectionResponse['messageResponse'] | undefined): FileDescriptorProto[] {
  if (response?.case !== 'fileDescriptorResponse') throw new Error(`unexpected ${response?.case}`);
  return response.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

function importsFirst(files: FileDescriptorProto[]): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>();
  const add = (file: FileDescriptorProto) => {
    if (sorted.has(file)) return;
    for (const imported of files.filter(({ name }) => file.dependency.includes(name))) add(imported);
    sorted.add(file);
  };
  files.forEach(add);
  return [...sorted];
}

describe.each([
  ['v1', ServerReflection],
  ['v1alpha', AlphaReflection],
] as const)('%s', (_, service) => {
  test('lists the services', async () => {
    const [answer] = await ask(service, { case: 'listServices', value: '' });
    expect(answer?.case === 'listServicesResponse' && answer.value.service.map(({ name }) => name)).toEqual([
      'flyteidl2.workflow.RunService',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);
  });

  test('describes a service so completely that a client can be made of it', async () => {
    const [answer] = await ask(service, {
      case: 'fileContainingSymbol',
      value: 'flyteidl2.workflow.RunService',
    });
    const file = files(answer);
    expect(file[0]?.name).toBe('flyteidl2/workflow/run_service.proto');
    // Throws when a file that another one imports is missing.
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: importsFirst(file) }));
    expect(registry.getService('flyteidl2.workflow.RunService')?.method.watchActions?.name).toBe(
      'WatchActions',
    );
  });
});

test('symbols of every kind, files and extensions are found, others are not', async () => {
  const answers = await ask(
    ServerReflection,
    { case: 'fileContainingSymbol', value: 'flyteidl2.workflow.RunService.CreateRun' },
    { case: 'fileContainingSymbol', value: 'flyteidl2.common.RunIdentifier.org' },
    { case: 'fileContainingSymbol', value: 'flyteidl2.common.ActionPhase' },
    { case: 'fileContainingSymbol', value: 'flyteidl2.common.ACTION_PHASE_QUEUED' },
    { case: 'fileByFilename', value: 'flyteidl2/common/identifier.proto' },
    {
      case: 'fileContainingExtension',
      value: { containingType: 'google.protobuf.FieldOptions', extensionNumber: 1159 },
    },
    { case: 'fileContainingSymbol', value: 'flyteidl2.workflow.Nothing' },
    { case: 'fileByFilename', value: 'nothing.proto' },
    { case: undefined },
    { case: 'allExtensionNumbersOfType', value: 'google.protobuf.FieldOptions' },
  );
  expect(answers.slice(0, 6).map((answer) => files(answer)[0]?.name)).toEqual([
    'flyteidl2/workflow/run_service.proto',
    'flyteidl2/common/identifier.proto',
    'flyteidl2/common/phase.proto',
    'flyteidl2/common/phase.proto',
    'flyteidl2/common/identifier.proto',
    'buf/validate/validate.proto',
  ]);
  expect(
    answers.slice(6, 9).map((answer) => answer.case === 'errorResponse' && answer.value.errorCode),
  ).toEqual([Code.NotFound, Code.NotFound, Code.InvalidArgument]);
  expect(answers[9]).toMatchObject({ value: { extensionNumber: expect.arrayContaining([1159]) } });
});

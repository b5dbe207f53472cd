import {
  create,
  createRegistry,
  type DescFile,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type Registry,
  toBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, type ConnectRouter } from '@connectrpc/connect';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../gen/grpc/reflection/v1/reflection_pb.js';
import {
  ServerReflectionRequestSchema as AlphaRequestSchema,
  ServerReflectionResponseSchema as AlphaResponseSchema,
  ServerReflection as AlphaServerReflection,
} from '../gen/grpc/reflection/v1alpha/reflection_pb.js';

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

/** Tells gRPC tools what the server can do, in both versions of the protocol, from the generated descriptors. */
export function addReflection(router: ConnectRouter, services: () => readonly DescService[]): void {
  const known = lazy(() => describeServices(services()));
  router.service(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) yield respond(known(), request);
    },
  });
  // The alpha version has the same messages on the wire.
  router.service(AlphaServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        const translated = fromBinary(ServerReflectionRequestSchema, toBinary(AlphaRequestSchema, request));
        const response = toBinary(ServerReflectionResponseSchema, respond(known(), translated));
        yield fromBinary(AlphaResponseSchema, response);
      }
    },
  });
}

interface Known {
  names: readonly string[];
  files: ReadonlyMap<string, DescFile>;
  registry: Registry;
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function describeServices(services: readonly DescService[]): Known {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, file);
    for (const dependency of file.dependencies) add(dependency);
  };
  for (const service of services) add(service.file);
  return {
    names: services.map(({ typeName }) => typeName).sort(),
    files,
    registry: createRegistry(...files.values()),
  };
}

function respond(known: Known, request: ServerReflectionRequest): ServerReflectionResponse {
  return create(ServerReflectionResponseSchema, {
    validHost: request.host,
    originalRequest: request,
    messageResponse: answer(known, request),
  });
}

function answer(known: Known, { messageRequest: asked }: ServerReflectionRequest): Answer {
  switch (asked.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: known.names.map((name) => ({ name })) } };
    case 'fileByFilename':
      return describeFile(known.files.get(asked.value), `file ${asked.value}`);
    case 'fileContainingSymbol':
      return describeFile(fileOfSymbol(known.registry, asked.value), `symbol ${asked.value}`);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = asked.value;
      const extension = extensionsOf(known.registry, containingType).find(
        ({ number }) => number === extensionNumber,
      );
      return describeFile(extension?.file, `extension ${extensionNumber} of ${containingType}`);
    }
    case 'allExtensionNumbersOfType': {
      if (!known.registry.getMessage(asked.value)) return missing(`message ${asked.value}`);
      const extensionNumber = extensionsOf(known.registry, asked.value).map(({ number }) => number);
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value, extensionNumber } };
    }
    case undefined:
      return refuse(Code.InvalidArgument, 'message_request is missing');
  }
}

/** The file that declares a type, a service, or a method, field, oneof or enum value inside one. */
function fileOfSymbol(registry: Registry, symbol: string): DescFile | undefined {
  const whole = registry.get(symbol);
  if (whole) return whole.file;
  const [, parentName = '', name = ''] = /^(.*)\.([^.]+)$/.exec(symbol) ?? [];
  const parent = registry.get(parentName);
  const members =
    parent?.kind === 'service'
      ? parent.methods
      : parent?.kind === 'message'
        ? [...parent.fields, ...parent.oneofs]
        : [];
  if (members.some((member) => member.name === name)) return parent?.file;
  // A value of an enum is named as a sibling of the enum.
  for (const type of registry) {
    const scope = type.kind === 'enum' ? type.typeName.slice(0, -type.name.length) : undefined;
    if (type.kind === 'enum' && type.values.some((value) => `${scope}${value.name}` === symbol))
      return type.file;
  }
  return undefined;
}

function extensionsOf(registry: Registry, typeName: string) {
  return [...registry].flatMap((type) =>
    type.kind === 'extension' && type.extendee.typeName === typeName ? [type] : [],
  );
}

/** A file with everything that it imports, so that the caller needs no second question. */
function describeFile(file: DescFile | undefined, what: string): Answer {
  if (!file) return missing(what);
  const found = new Set<DescFile>();
  const add = (next: DescFile) => {
    if (found.has(next)) return;
    found.add(next);
    next.dependencies.forEach(add);
  };
  add(file);
  const fileDescriptorProto = [...found].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

const missing = (what: string) => refuse(Code.NotFound, `${what} is not known here`);

function refuse(code: Code, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode: code, errorMessage } };
}

import type { DescService } from '@bufbuild/protobuf';
import { Code, createClient } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { inMemoryTransport, refusal } from '../../test/storage/in-memory.ts';
import { AuthMetadataService } from '../gen/flyteidl2/auth/auth_service_pb.js';
import { IdentityService } from '../gen/flyteidl2/auth/identity_pb.js';
import { SelectClusterRequest_Operation } from '../gen/flyteidl2/cluster/payload_pb.js';
import { ClusterService } from '../gen/flyteidl2/cluster/service_pb.js';
import { createAuthMetadataService, createIdentityService } from './auth/index.ts';
import { createClusterService } from './cluster/index.ts';
import { LATER_SERVICES, registerLaterServices } from './unimplemented.ts';

type Unary = (request: object) => Promise<unknown>;
type ServerStream = (request: object) => AsyncIterable<unknown>;

const transport = inMemoryTransport((router) => {
  registerLaterServices(router);
  router.service(ClusterService, createClusterService());
  router.service(IdentityService, createIdentityService());
  router.service(AuthMetadataService, createAuthMetadataService());
});

const later = LATER_SERVICES.flatMap((service) => service.methods.map((method) => ({ service, method })));

it.each(
  later.map(({ service, method }) => ({ service, method, name: `${service.typeName}.${method.name}` })),
)('answers UNIMPLEMENTED for $name', async ({ service, method, name }) => {
  const client = createClient<DescService>(service, transport);
  const call = client[method.localName];
  if (!call) throw new Error('the client has no such method');
  const unary = method.methodKind === 'unary';
  const answer = unary ? (call as Unary)({}) : (call as ServerStream)({})[Symbol.asyncIterator]().next();
  expect(await refusal(answer)).toEqual([Code.Unimplemented, `${name} is not implemented`]);
});

it('selects this endpoint for every operation', async () => {
  const client = createClient(ClusterService, transport);
  const answer = await client.selectCluster({ operation: SelectClusterRequest_Operation.TRACKED_RUN_DATA });
  expect([answer.clusterEndpoint, answer.cluster]).toEqual(['', '']);
});

it('knows one user, and no login', async () => {
  const user = await createClient(IdentityService, transport).userInfo({});
  expect([user.subject, user.name]).toEqual(['anonymous', 'Anonymous']);
  const auth = createClient(AuthMetadataService, transport);
  const refused = [
    Code.Unimplemented,
    'no login is configured for this service: call it without credentials',
  ];
  expect(await refusal(auth.getOAuth2Metadata({}))).toEqual(refused);
  expect(await refusal(auth.getPublicClientConfig({}))).toEqual(refused);
});

import { Code, createClient } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { inMemoryTransport, refusal } from '../../test/storage/in-memory.ts';
import { AuthMetadataService } from '../gen/flyteidl2/auth/auth_service_pb.js';
import { IdentityService } from '../gen/flyteidl2/auth/identity_pb.js';
import { SelectClusterRequest_Operation } from '../gen/flyteidl2/cluster/payload_pb.js';
import { ClusterService } from '../gen/flyteidl2/cluster/service_pb.js';
import { ImageService } from '../gen/flyteidl2/imagebuilder/service_pb.js';
import { createAuthMetadataService, createIdentityService } from './auth/index.ts';
import { createClusterService } from './cluster/index.ts';
import { createImageService } from './image/index.ts';

const transport = inMemoryTransport((router) => {
  router.service(ClusterService, createClusterService());
  router.service(IdentityService, createIdentityService());
  router.service(AuthMetadataService, createAuthMetadataService());
  router.service(ImageService, createImageService());
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

it('answers an image as it is named', async () => {
  const images = createClient(ImageService, transport);
  const { image } = await images.getImage({ id: { name: 'registry.example/flyte:py3.13' } });
  expect([image?.id?.name, image?.fqin]).toEqual([
    'registry.example/flyte:py3.13',
    'registry.example/flyte:py3.13',
  ]);
  expect(image?.buildRun).toBeUndefined();
  expect(await refusal(images.getImage({}))).toEqual([Code.InvalidArgument, 'id.name must be set']);
});

import type { DescMethod, DescMethodUnary, DescService } from '@bufbuild/protobuf';
import { AuthMetadataService } from '../../src/gen/flyteidl2/auth/auth_service_pb.js';
import { IdentityService } from '../../src/gen/flyteidl2/auth/identity_pb.js';
import { ClusterService } from '../../src/gen/flyteidl2/cluster/service_pb.js';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { ImageService } from '../../src/gen/flyteidl2/imagebuilder/service_pb.js';
import { ProjectService } from '../../src/gen/flyteidl2/project/project_service_pb.js';
import { SecretService } from '../../src/gen/flyteidl2/secret/secret_pb.js';
import { SettingsService } from '../../src/gen/flyteidl2/settings/settings_service_pb.js';
import { InternalRunService } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';

/** The services that are tried. */
export const services: readonly DescService[] = [
  RunService,
  InternalRunService,
  TrackedRunService,
  ProjectService,
  ClusterService,
  DataProxyService,
  IdentityService,
  AuthMetadataService,
  SecretService,
  SettingsService,
  ImageService,
];

/** Every RPC that is registered. */
export const methods: readonly DescMethod[] = services.flatMap((service) => service.methods);

/** Those that take one message and answer one. */
export const unaryMethods: readonly DescMethodUnary[] = services
  .flatMap((service) => service.methods)
  .filter((method): method is DescMethodUnary => method.methodKind === 'unary');

/** The path of an RPC. */
export const pathOf = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;

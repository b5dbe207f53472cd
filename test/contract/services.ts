/** The protobuf services of the contract, and everything that their files declare. */
import type { DescEnum, DescFile, DescMessage, DescService } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { ActionsService } from '../../src/gen/flyteidl2/actions/actions_service_pb.js';
import { AuthMetadataService } from '../../src/gen/flyteidl2/auth/auth_service_pb.js';
import { IdentityService } from '../../src/gen/flyteidl2/auth/identity_pb.js';
import { ClusterService } from '../../src/gen/flyteidl2/cluster/service_pb.js';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { ImageService } from '../../src/gen/flyteidl2/imagebuilder/service_pb.js';
import { ProjectService } from '../../src/gen/flyteidl2/project/project_service_pb.js';
import { SecretService } from '../../src/gen/flyteidl2/secret/secret_pb.js';
import { SettingsService } from '../../src/gen/flyteidl2/settings/settings_service_pb.js';
import { TaskService } from '../../src/gen/flyteidl2/task/task_service_pb.js';
import { TriggerService } from '../../src/gen/flyteidl2/trigger/trigger_service_pb.js';
import { InternalRunService } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunLogsService } from '../../src/gen/flyteidl2/workflow/run_logs_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';

const services: DescService[] = [
  RunService,
  InternalRunService,
  TrackedRunService,
  RunLogsService,
  ClusterService,
  DataProxyService,
  ProjectService,
  TaskService,
  TriggerService,
  ActionsService,
  SecretService,
  SettingsService,
  ImageService,
  AuthMetadataService,
  IdentityService,
];

/** The flyteidl2 files that the services need, themselves included, each once. */
function contractFiles(): Set<DescFile> {
  const files = new Set<DescFile>();
  const visit = (file: DescFile) => {
    if (files.has(file) || !file.proto.package.startsWith('flyteidl2')) return;
    files.add(file);
    file.dependencies.forEach(visit);
  };
  for (const service of services) visit(service.file);
  return files;
}

/** Every message, enum and service of those files, nested ones included, by full name. */
export function contractTypes(): (DescMessage | DescEnum | DescService)[] {
  const types: (DescMessage | DescEnum | DescService)[] = [];
  for (const file of contractFiles()) {
    for (const type of nestedTypes(file)) {
      if (type.kind === 'message' || type.kind === 'enum' || type.kind === 'service') types.push(type);
    }
  }
  return types.sort((a, b) => (a.typeName < b.typeName ? -1 : 1));
}

/** Every message of those files, by full name. */
export function contractMessages(): DescMessage[] {
  return contractTypes().filter((type) => type.kind === 'message');
}

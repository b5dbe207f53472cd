import type { ConnectRouter } from '@connectrpc/connect';
import type { Config } from './config.ts';
import { executorFolder } from './executor/folder.ts';
import { ActionsService } from './gen/flyteidl2/actions/actions_service_pb.js';
import { AuthMetadataService } from './gen/flyteidl2/auth/auth_service_pb.js';
import { IdentityService } from './gen/flyteidl2/auth/identity_pb.js';
import { ClusterService } from './gen/flyteidl2/cluster/service_pb.js';
import { DataProxyService } from './gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { ImageService } from './gen/flyteidl2/imagebuilder/service_pb.js';
import { ProjectService } from './gen/flyteidl2/project/project_service_pb.js';
import { TaskService } from './gen/flyteidl2/task/task_service_pb.js';
import { TriggerService } from './gen/flyteidl2/trigger/trigger_service_pb.js';
import { SecretService } from './gen/flyteidl2/secret/secret_pb.js';
import { SettingsService } from './gen/flyteidl2/settings/settings_service_pb.js';
import { InternalRunService } from './gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunLogsService } from './gen/flyteidl2/workflow/run_logs_service_pb.js';
import { RunService } from './gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from './gen/flyteidl2/workflow/tracked_run_service_pb.js';
import type { Logger } from './logger.ts';
import { openPeer } from './remote/peer.ts';
import { createRemoteLogs } from './remote/remote-logs.ts';
import type { Db, Dialect } from './repository/dialects/dialect.ts';
import type { GroupCommit } from './repository/write/group-commit.ts';
import { createActionsService } from './rpc/actions/index.ts';
import { createRecovery } from './rpc/actions/recovery.ts';
import { createAuthMetadataService, createIdentityService } from './rpc/auth/index.ts';
import { createClusterService } from './rpc/cluster/index.ts';
import { createActionReader } from './rpc/dataproxy/action-reader.ts';
import { createDataProxyService } from './rpc/dataproxy/index.ts';
import { createProjectCheck } from './rpc/dataproxy/require-project.ts';
import { createImageService } from './rpc/image/index.ts';
import { createInternalRunService } from './rpc/internal-run/index.ts';
import { createProjectService } from './rpc/project/index.ts';
import type { RunDeps } from './rpc/run/deps.ts';
import { createRunService } from './rpc/run/index.ts';
import { createRunLogsService } from './rpc/run-logs/index.ts';
import { createSecretService } from './rpc/secret/index.ts';
import { createSettingsService } from './rpc/settings/index.ts';
import { createTaskService } from './rpc/task/index.ts';
import { createTrackedRunService } from './rpc/tracked-run/index.ts';
import { createTriggerService } from './rpc/trigger/index.ts';
import { systemClock } from './runs/instant.ts';
import type { SecretStore } from './secrets/store.ts';
import type { Storage } from './storage/storage.ts';
import type { Watch } from './watch/watch.ts';

/** What the services are made of. */
export interface Parts {
  readonly config: Config;
  readonly logger: Logger;
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly watch: Watch;
  readonly storage: Storage;
  readonly secrets: SecretStore;
  /** Called after triggers changed. */
  readonly onTriggersChanged: () => void;
}

/** Registers every service of the contract. */
export function registerServices(parts: Parts): (router: ConnectRouter) => void {
  const { config, logger, dialect, writer, watch, storage } = parts;
  const { organizations, defaultOrganization, domains } = config.runs;
  const { autoCreate } = config.runs.projects;
  const runs: RunDeps = {
    dialect,
    writer,
    watch,
    storage,
    clock: systemClock,
    organizations,
    autoCreateProjects: autoCreate,
    domains,
    executesTasks: config.executor.kind !== 'none',
    maxScan: config.runs.list.maxScan,
    maxDataBytes: config.runs.server.writeMaxBytes / 2,
    logger,
  };
  const projects = {
    reader: dialect.reader,
    write: <R>(work: (db: Db) => Promise<R>) => dialect.writer.transaction().execute(work),
    clock: systemClock,
    domains,
    organizations,
    defaultOrganization,
  };
  const tasks = { ...runs, maxScan: config.runs.list.maxScan, onTriggersChanged: parts.onTriggersChanged };
  const workDir = config.executor.kind === 'process' ? executorFolder(config) : undefined;
  const { remote } = config.executor;
  const logs = {
    dialect,
    watch,
    organizations,
    workDir,
    remote: remote && createRemoteLogs(openPeer(remote, 'executor.remote'), remote.url),
  };
  const requireProject = createProjectCheck({ reader: dialect.reader, domains, organizations, autoCreate });
  const scoped = { dialect, clock: systemClock, organizations, domains, requireProject };
  return (router) => {
    router.service(RunService, createRunService(runs));
    router.service(InternalRunService, createInternalRunService(runs));
    router.service(TrackedRunService, createTrackedRunService(runs));
    router.service(ProjectService, createProjectService(projects));
    router.service(ClusterService, createClusterService());
    router.service(
      DataProxyService,
      createDataProxyService(
        {
          storage,
          actions: createActionReader(dialect.reader, organizations),
          requireProject,
          organizations,
          maxDataBytes: runs.maxDataBytes,
          publicUrl: config.runs.server.publicUrl,
        },
        logs,
      ),
    );
    router.service(TaskService, createTaskService(tasks));
    router.service(TriggerService, createTriggerService(tasks));
    router.service(RunLogsService, createRunLogsService(logs));
    router.service(IdentityService, createIdentityService());
    router.service(AuthMetadataService, createAuthMetadataService());
    router.service(
      ActionsService,
      createActionsService({
        ...runs,
        recovery: createRecovery(dialect, organizations),
      }),
    );
    router.service(SecretService, createSecretService({ ...scoped, store: parts.secrets }));
    router.service(SettingsService, createSettingsService(scoped));
    router.service(ImageService, createImageService());
  };
}

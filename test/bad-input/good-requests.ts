import {
  create,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type Message,
} from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import { ArtifactType, DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { ProjectService } from '../../src/gen/flyteidl2/project/project_service_pb.js';
import { SecretService } from '../../src/gen/flyteidl2/secret/secret_pb.js';
import { SettingsService } from '../../src/gen/flyteidl2/settings/settings_service_pb.js';
import { InternalRunService } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';
import type { Clients } from '../rpc/harness.ts';
import { dataRequests } from './good-requests-data.ts';
import {
  actionId,
  at,
  conditionRequest,
  createRun,
  createRunRequest,
  event,
  newName,
  PLACE,
  Phase,
  runId,
  taskRequest,
  taskSpec,
} from '../rpc/requests.ts';

/** An RPC with a request that it accepts. */
export interface GoodRequest {
  readonly name: string;
  readonly method: DescMethodUnary | DescMethodServerStreaming;
  /** A new request each time, about things of its own where it makes something. */
  readonly request: () => Message;
  /** The fields in which it differs from the other requests of the RPC; undefined for all. */
  readonly fields?: readonly string[] | undefined;
}

/** What the requests are about; made before they are sent. */
export interface World {
  readonly run: string;
  readonly tracked: string;
  readonly project: string;
  /** Where an upload may be: in the storage of the service. */
  readonly inputs: string;
  readonly secret: string;
}

/** Makes a run with a child and a condition, a tracked run, a project, a secret and settings. */
export async function createWorld(clients: Clients): Promise<World> {
  const run = await createRun(clients);
  await clients.internal.recordAction(taskRequest(run, 'child'));
  await clients.internal.recordAction(conditionRequest(run, 'condition', SimpleType.STRING));
  const tracked = newName('local');
  const task = { case: 'taskSpec', value: taskSpec() } as const;
  await clients.tracked.createRun({ id: { case: 'runId', value: runId(tracked) }, task });
  const project = newName('p');
  await clients.projects.createProject({ project: { id: project, name: project } });
  const { nativeUrl } = await clients.data.createUploadLocation({
    ...PLACE,
    filename: 'inputs.pb',
    filenameRoot: 'root',
    contentMd5: new Uint8Array(16),
  });
  const secret = newName('s');
  const { transport } = clients;
  await createClient(SecretService, transport).createSecret({
    id: { organization: PLACE.org, domain: PLACE.domain, project: PLACE.project, name: secret },
    secretSpec: { value: { case: 'stringValue', value: 'x' } },
  });
  const key = { org: PLACE.org, domain: PLACE.domain, project: PLACE.project };
  // All tests of a service share the settings of a place.
  await createClient(SettingsService, transport)
    .createSettings({ key, settings: {} })
    .catch(() => {});
  return { run, tracked, project, inputs: nativeUrl, secret };
}

/** One request, sometimes several, for each RPC that reads or writes anything and takes one message. */
export function goodRequests(world: World): GoodRequest[] {
  const { run, tracked, project, inputs } = world;
  const list: GoodRequest[] = [];
  const add = (
    method: GoodRequest['method'],
    request: () => Message,
    variant = '',
    fields?: readonly string[],
  ) => {
    list.push({ name: `${method.parent.name}.${method.name}${variant}`, method, request, fields });
  };
  const { createRun: CreateRun, ...read } = RunService.method;
  const place = {
    case: 'projectId',
    value: { organization: PLACE.org, domain: PLACE.domain, name: PLACE.project },
  } as const;
  const task = { case: 'taskSpec', value: taskSpec() } as const;
  const taskId = { ...PLACE, name: 'my_env.my_task', version: 'v1' };
  const trigger = { ...PLACE, name: 'nightly', taskName: taskId.name };
  add(CreateRun, () => createRunRequest(newName(), { runStartTime: at(1) }));
  add(
    CreateRun,
    () =>
      createRunRequest('', {
        id: place,
        inputWrapper: { case: 'offloadedInputData', value: { uri: inputs, inputsHash: 'h' } },
      }),
    ', offloaded inputs',
    ['project_id', 'offloaded_input_data'],
  );
  add(
    CreateRun,
    () => createRunRequest(newName(), { task: { case: 'taskId', value: taskId } }),
    ', task id',
    ['task_id'],
  );
  add(
    CreateRun,
    () => createRunRequest(newName(), { task: { case: 'triggerName', value: trigger } }),
    ', trigger',
    ['trigger_name'],
  );
  add(read.abortRun, () => create(read.abortRun.input, { runId: runId(run), reason: 'enough' }));
  add(read.abortAction, () =>
    create(read.abortAction.input, { actionId: actionId(run, 'child'), reason: 'enough' }),
  );
  add(read.getRunDetails, () => create(read.getRunDetails.input, { runId: runId(run) }));
  add(read.getActionDetails, () => create(read.getActionDetails.input, { actionId: actionId(run) }));
  add(read.getActionData, () => create(read.getActionData.input, { actionId: actionId(run) }));
  add(read.getActionDataURIs, () => create(read.getActionDataURIs.input, { actionId: actionId(run) }));
  add(read.getActionLogContext, () =>
    create(read.getActionLogContext.input, { actionId: actionId(run), attempt: 1 }),
  );
  add(read.listRuns, () => create(read.listRuns.input, { scopeBy: place, request: { limit: 2 } }));
  for (const scopeBy of [
    { case: 'org', value: PLACE.org },
    { case: 'taskName', value: { ...PLACE, name: taskId.name } },
    { case: 'taskId', value: taskId },
    { case: 'triggerName', value: trigger },
  ] as const) {
    add(read.listRuns, () => create(read.listRuns.input, { scopeBy }), `, ${scopeBy.case}`);
  }
  add(read.listActions, () => create(read.listActions.input, { runId: runId(run), request: { limit: 2 } }));
  add(read.signalEvent, () =>
    create(read.signalEvent.input, {
      actionId: actionId(run, 'condition'),
      payload: { value: { case: 'stringValue', value: 'x' } },
    }),
  );

  add(read.watchRunDetails, () => create(read.watchRunDetails.input, { runId: runId(run) }));
  add(read.watchActionDetails, () => create(read.watchActionDetails.input, { actionId: actionId(run) }));
  add(read.watchActions, () => create(read.watchActions.input, { runId: runId(run) }));
  add(read.watchClusterEvents, () =>
    create(read.watchClusterEvents.input, { id: actionId(run), attempt: 1 }),
  );
  add(read.watchGroups, () =>
    create(read.watchGroups.input, { scopeBy: place, startDate: at(0), endDate: at(9) }),
  );
  for (const target of [
    { case: 'org', value: PLACE.org },
    { case: 'clusterId', value: { organization: PLACE.org, name: 'cluster' } },
    { case: 'taskId', value: taskId },
    place,
  ] as const) {
    add(read.watchRuns, () => create(read.watchRuns.input, { target }), `, ${target.case}`);
  }

  const internal = InternalRunService.method;
  add(
    internal.recordAction,
    () => create(internal.recordAction.input, taskRequest(run, newName('t'))),
    ', task',
  );
  add(
    internal.recordAction,
    () => create(internal.recordAction.input, conditionRequest(run, newName('c'))),
    ', condition',
  );
  add(
    internal.recordAction,
    () =>
      create(internal.recordAction.input, {
        actionId: actionId(run, newName('t')),
        spec: {
          case: 'trace',
          value: { name: 'trace', phase: Phase.SUCCEEDED, startTime: at(1), endTime: at(2), spec: {} },
        },
      }),
    ', trace',
  );
  add(internal.recordActionEvents, () =>
    create(internal.recordActionEvents.input, {
      events: [event(run, 'child', Phase.RUNNING, { updatedTime: at(3) })],
    }),
  );
  add(internal.updateActionStatus, () =>
    create(internal.updateActionStatus.input, {
      actionId: actionId(run, 'child'),
      status: { phase: Phase.RUNNING, attempts: 1 },
    }),
  );

  const { method: trackedRun } = TrackedRunService;
  add(trackedRun.createRun, () =>
    create(trackedRun.createRun.input, { id: { case: 'runId', value: runId(newName('local')) }, task }),
  );
  add(trackedRun.reportActions, () =>
    create(trackedRun.reportActions.input, {
      runId: runId(tracked),
      updates: [
        {
          event: event(tracked, newName('t'), Phase.RUNNING),
          parentName: 'a0',
          spec: { case: 'task', value: { spec: taskSpec() } },
          status: { phase: Phase.RUNNING, attempts: 1 },
        },
      ],
    }),
  );
  add(trackedRun.getRunDetails, () => create(trackedRun.getRunDetails.input, { runId: runId(tracked) }));
  add(trackedRun.getActionDetails, () =>
    create(trackedRun.getActionDetails.input, { actionId: actionId(tracked) }),
  );
  add(trackedRun.listRuns, () =>
    create(trackedRun.listRuns.input, { scopeBy: { case: 'org', value: PLACE.org } }),
  );
  add(trackedRun.listActions, () => create(trackedRun.listActions.input, { runId: runId(tracked) }));
  add(trackedRun.abortRun, () => create(trackedRun.abortRun.input, { runId: runId(tracked), reason: 'x' }));

  add(ProjectService.method.createProject, () =>
    create(ProjectService.method.createProject.input, { project: { id: newName('p'), name: 'P' } }),
  );
  add(ProjectService.method.updateProject, () =>
    create(ProjectService.method.updateProject.input, { project: { id: project, name: 'P' } }),
  );
  add(ProjectService.method.getProject, () =>
    create(ProjectService.method.getProject.input, { id: project }),
  );
  add(ProjectService.method.listProjects, () =>
    create(ProjectService.method.listProjects.input, { limit: 2 }),
  );

  add(DataProxyService.method.createUploadLocation, () =>
    create(DataProxyService.method.createUploadLocation.input, {
      ...PLACE,
      filename: 'inputs.pb',
      filenameRoot: 'root',
      contentMd5: new Uint8Array(16),
    }),
  );
  add(DataProxyService.method.createDownloadLink, () =>
    create(DataProxyService.method.createDownloadLink.input, {
      artifactType: ArtifactType.REPORT,
      source: { case: 'actionAttemptId', value: { actionId: actionId(run), attempt: 1 } },
    }),
  );
  return [...list, ...dataRequests(world)];
}

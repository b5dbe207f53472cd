import { clone, create, toBinary } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { type OffloadedInputData, RelationSchema, RelationType } from '../../gen/flyteidl2/common/run_pb.js';
import { InputsSchema, type Inputs } from '../../gen/flyteidl2/task/common_pb.js';
import { LabelsSchema, type RunSpec, RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import type { TaskSpec } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { RunSource } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import type { CreateRunRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import type { CreateTrackedRunRequest } from '../../gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { type RunKind, storedKey } from '../../repository/write/commands/find.ts';
import type { NewRun } from '../../repository/write/commands/create-run.ts';
import { taskSpecRecord } from '../../runs/action-spec.ts';
import { inlineInputsHash, rootCacheKey } from '../../runs/cache-key.ts';
import { invalidArgument, notFound } from '../../runs/errors.ts';
import type { RunKey } from '../../runs/identity.ts';
import { instantFromTimestamp } from '../../runs/instant.ts';
import { checkPlainText, checkRunName, generateRunName, quote } from '../../runs/names.ts';
import { checkLabels, checkName, checkPlace, checkTaskSpec } from './checks.ts';
import { anonymous, type RunDeps } from './deps.ts';

/** What the two ways of creating a run have in common. */
export interface RunRequest {
  readonly id: CreateRunRequest['id'];
  readonly task: CreateRunRequest['task'] | CreateTrackedRunRequest['task'];
  readonly inputs: Inputs | undefined;
  readonly offloaded: OffloadedInputData | undefined;
  readonly runSpec: RunSpec | undefined;
  readonly runStartTime: Timestamp | undefined;
  readonly source: RunSource;
  /** Labels beside those of the run spec; they win. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Checks a request to create a run and resolves it. Throws invalid_argument with the field to change. */
export function newRun(deps: RunDeps, kind: RunKind, request: RunRequest): NewRun {
  const key = runKey(request.id);
  checkPlace(key, deps.domains);
  const taskSpec = requireTaskSpec(request.task);
  checkTaskSpec(taskSpec, 'task_spec');
  if (RunSource[request.source] === undefined)
    throw invalidArgument(`source ${request.source} is not a source of runs`);
  const runSpec = resolveRunSpec(request);
  checkName(
    runSpec.securityContext?.runAs?.k8sServiceAccount ?? '',
    'run_spec.security_context.run_as.k8s_service_account',
  );
  const labels = runSpec.labels?.values ?? {};
  checkLabels(labels);
  const inputs = request.inputs && toBinary(InputsSchema, request.inputs);
  const offloaded = offloadedInputs(deps, request.offloaded);
  const startTime = request.runStartTime && instantFromTimestamp(request.runStartTime, 'run_start_time');
  return {
    key,
    stored: storedKey(deps.organizations, key),
    kind,
    spec: taskSpecRecord(taskSpec, undefined, runSpec.queue),
    runSpec,
    labels,
    source: request.source,
    startTime: kind === 'TRACKED' ? startTime : undefined,
    inputs,
    ...offloaded,
    createdBy: anonymous,
    cacheKey: rootCacheKey(taskSpec, offloaded.inputsHash ?? inlineInputsHash(inputs)),
    execute: kind === 'RUN' && deps.executesTasks === true,
    autoCreateProject: deps.autoCreateProjects,
  };
}

function runKey(id: RunRequest['id']): RunKey {
  switch (id.case) {
    case 'runId':
      checkRunName(id.value.name);
      return { org: id.value.org, project: id.value.project, domain: id.value.domain, name: id.value.name };
    case 'projectId':
      return {
        org: id.value.organization,
        project: id.value.name,
        domain: id.value.domain,
        name: generateRunName(),
      };
    default:
      throw invalidArgument('run_id or project_id must be set');
  }
}

/** There are no deployed tasks and triggers yet, so naming one is not_found. */
function requireTaskSpec(task: RunRequest['task']): TaskSpec {
  switch (task.case) {
    case 'taskSpec':
      return task.value;
    case 'taskId':
      throw notFound(
        `there is no deployed task ${quote(task.value.name)} in version ${quote(task.value.version)}`,
      );
    case 'triggerName':
      throw notFound(`there is no trigger ${quote(task.value.name)} of task ${quote(task.value.taskName)}`);
    default:
      throw invalidArgument('task_spec must be set');
  }
}

/** The spec as the run keeps it: with the request's labels, start time and relation, wherever the client wrote them. */
function resolveRunSpec({ runSpec, labels, runStartTime }: RunRequest): RunSpec {
  const resolved = runSpec ? clone(RunSpecSchema, runSpec) : create(RunSpecSchema);
  const values = { ...resolved.labels?.values, ...labels };
  if (Object.keys(values).length > 0) resolved.labels = create(LabelsSchema, { values });
  if (runStartTime) resolved.runStartTime = runStartTime;
  if (resolved.relation === undefined && resolved.relatedTo !== undefined) {
    resolved.relation = create(RelationSchema, {
      relatedTo: resolved.relatedTo,
      relationType: RelationType.RERUN,
    });
  }
  return resolved;
}

function offloadedInputs(
  deps: RunDeps,
  offloaded: OffloadedInputData | undefined,
): { inputUri?: string; inputsHash?: string } {
  if (offloaded === undefined) return {};
  if (deps.storage.resolve(offloaded.uri) === undefined) {
    throw invalidArgument(
      `offloaded_input_data.uri ${quote(offloaded.uri)} is not in this service's storage; upload the inputs with DataProxyService first`,
    );
  }
  checkPlainText(offloaded.uri, 'offloaded_input_data.uri');
  checkName(offloaded.inputsHash, 'offloaded_input_data.inputs_hash');
  return { inputUri: offloaded.uri, inputsHash: offloaded.inputsHash };
}

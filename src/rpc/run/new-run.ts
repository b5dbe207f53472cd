import { clone, create, toBinary } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { type OffloadedInputData, RelationSchema, RelationType } from '../../gen/flyteidl2/common/run_pb.js';
import { InputsSchema, type Inputs } from '../../gen/flyteidl2/task/common_pb.js';
import { LabelsSchema, type RunSpec, RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import { RunSource } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import type { CreateRunRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import type { CreateTrackedRunRequest } from '../../gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { type RunKind, storedKey } from '../../repository/write/commands/find.ts';
import type { TriggerRow } from '../../repository/triggers.ts';
import {
  inputsForTrigger,
  kickoffArg,
  offloadedForTrigger,
  type RunInputs,
  runTrigger,
  triggerInputs,
  triggerRunSpec,
} from '../../repository/triggers-run.ts';
import type { NewRun } from '../../repository/write/commands/create-run.ts';
import { taskSpecRecord } from '../../runs/action-spec.ts';
import { inlineInputsHash, rootCacheKey } from '../../runs/cache-key.ts';
import { invalidArgument } from '../../runs/errors.ts';
import type { RunKey } from '../../runs/identity.ts';
import { type Instant, instantFromTimestamp } from '../../runs/instant.ts';
import { checkPlainText, checkRunName, generateRunName, quote } from '../../runs/names.ts';
import { checkLabels, checkName, checkPlace, checkTaskSpec } from './checks.ts';
import { anonymous, type RunDeps } from './deps.ts';
import { resolveTask } from './resolve-task.ts';

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

/**
 * Checks a request to create a run and resolves it. Throws invalid_argument with the field to change, not_found for a task or trigger
 * that is not deployed.
 */
export async function newRun(deps: RunDeps, kind: RunKind, request: RunRequest): Promise<NewRun> {
  const key = runKey(request.id);
  checkPlace(key, deps.domains);
  const resolved = await resolveTask(deps, request.task);
  const { spec: taskSpec, trigger } = resolved;
  checkTaskSpec(taskSpec, 'task_spec');
  if (RunSource[request.source] === undefined)
    throw invalidArgument(`source ${request.source} is not a source of runs`);
  const meantFor = request.runStartTime && instantFromTimestamp(request.runStartTime, 'run_start_time');
  // Without need for it, no time is made up: a retry of the request must mean the same.
  const time = meantFor ?? (trigger && kickoffArg(trigger) !== '' ? deps.clock() : undefined);
  const runSpec = resolveRunSpec(request, trigger && triggerRunSpec(trigger, time));
  checkName(
    runSpec.securityContext?.runAs?.k8sServiceAccount ?? '',
    'run_spec.security_context.run_as.k8s_service_account',
  );
  const labels = runSpec.labels?.values ?? {};
  checkLabels(labels);
  const inputs = inputsOf(deps, request, trigger, time);
  return {
    key,
    stored: storedKey(deps.organizations, key),
    kind,
    spec: taskSpecRecord(taskSpec, resolved.id, runSpec.queue),
    runSpec,
    labels,
    source: request.source,
    startTime: kind === 'TRACKED' ? meantFor : undefined,
    ...inputs,
    createdBy: anonymous,
    cacheKey: rootCacheKey(taskSpec, inputs.inputsHash ?? inlineInputsHash(inputs.inputs)),
    execute: kind === 'RUN' && deps.executesTasks,
    autoCreateProject: deps.autoCreateProjects,
    trigger: trigger && runTrigger(trigger),
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

/**
 * The spec as the run keeps it: with the request's labels, start time and relation, wherever the client wrote them. A trigger's own spec
 * stands in where the request has none; the clients that fire one by hand send it along, with their changes.
 */
function resolveRunSpec(
  { runSpec, labels, runStartTime }: RunRequest,
  ofTrigger: RunSpec | undefined,
): RunSpec {
  const resolved = runSpec ? clone(RunSpecSchema, runSpec) : (ofTrigger ?? create(RunSpecSchema));
  if (ofTrigger?.runStartTime && !resolved.runStartTime) resolved.runStartTime = ofTrigger.runStartTime;
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

/** The request's inputs, or those of the trigger where it brings none. */
function inputsOf(
  deps: RunDeps,
  request: RunRequest,
  trigger: TriggerRow | undefined,
  time: Instant | undefined,
): RunInputs {
  if (request.offloaded !== undefined) {
    const offloaded = offloadedInputs(deps, request.offloaded);
    return trigger ? offloadedForTrigger(trigger, offloaded, time) : offloaded;
  }
  if (request.inputs === undefined) return trigger ? triggerInputs(trigger, time) : {};
  return trigger
    ? inputsForTrigger(trigger, request.inputs, time)
    : { inputs: toBinary(InputsSchema, request.inputs) };
}

function offloadedInputs(
  deps: RunDeps,
  offloaded: OffloadedInputData,
): { inputUri: string; inputsHash: string } {
  if (deps.storage.resolve(offloaded.uri) === undefined) {
    throw invalidArgument(
      `offloaded_input_data.uri ${quote(offloaded.uri)} is not in this service's storage; upload the inputs with DataProxyService first`,
    );
  }
  checkPlainText(offloaded.uri, 'offloaded_input_data.uri');
  checkName(offloaded.inputsHash, 'offloaded_input_data.inputs_hash');
  return { inputUri: offloaded.uri, inputsHash: offloaded.inputsHash };
}

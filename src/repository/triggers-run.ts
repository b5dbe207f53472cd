import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type TriggerIdentifier, TriggerIdentifierSchema } from '../gen/flyteidl2/common/identifier_pb.js';
import type { EnrichedIdentity } from '../gen/flyteidl2/common/identity_pb.js';
import { EnrichedIdentitySchema } from '../gen/flyteidl2/common/identity_pb.js';
import { type Inputs, InputsSchema } from '../gen/flyteidl2/task/common_pb.js';
import { type RunSpec, RunSpecSchema, TaskSpecSource } from '../gen/flyteidl2/task/run_pb.js';
import {
  type TaskIdentifier,
  TaskIdentifierSchema,
  TaskSpecSchema,
} from '../gen/flyteidl2/task/task_definition_pb.js';
import {
  TriggerMetadataSchema,
  type TriggerSpec,
  TriggerSpecSchema,
} from '../gen/flyteidl2/trigger/trigger_definition_pb.js';
import { RunSource } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { taskSpecRecord } from '../runs/action-spec.ts';
import { inlineInputsHash, rootCacheKey } from '../runs/cache-key.ts';
import { type Instant, timestampOf } from '../runs/instant.ts';
import { firingRunName, type KickoffRule, kickoffInputsHash, withKickoffTime } from '../runs/schedule-run.ts';
import type { StoredTask, TaskRow } from './tasks.ts';
import { automationOf, type TriggerRow } from './triggers.ts';
import type { NewRun, RunTrigger } from './write/commands/create-run.ts';

/** Inputs as runs keep them. */
export type RunInputs = Pick<NewRun, 'inputs' | 'inputUri' | 'inputsHash'>;

/** The identity of a stored task. */
export function taskIdentifier(
  row: Pick<TaskRow, 'org' | 'project' | 'domain' | 'name' | 'version'>,
): TaskIdentifier {
  const { org, project, domain, name, version } = row;
  return create(TaskIdentifierSchema, { org, project, domain, name, version });
}

/** The identity of a stored trigger in its present revision, or in the given one. */
export function triggerIdentifier(
  row: Pick<TriggerRow, 'org' | 'project' | 'domain' | 'task_name' | 'name' | 'revision'>,
  revision = row.revision,
): TriggerIdentifier {
  const { org, project, domain, task_name: taskName, name } = row;
  return create(TriggerIdentifierSchema, {
    name: { org, project, domain, taskName, name },
    revision: BigInt(revision),
  });
}

/** What a run says about the trigger that started it. */
export function runTrigger(row: TriggerRow): RunTrigger {
  return { id: triggerIdentifier(row), automation: automationOf(row) };
}

/** The inputs that a trigger gives to a run which is meant for a time; only triggers with an input for it need one. */
export function triggerInputs(row: TriggerRow, time: Instant | undefined): RunInputs {
  const { inputWrapper } = fromBinary(TriggerSpecSchema, row.spec);
  const arg = kickoffArg(row);
  if (inputWrapper.case === 'offloadedInputData') {
    const { uri, inputsHash } = inputWrapper.value;
    return { inputUri: uri, inputsHash: kickoffInputsHash(inputsHash, arg, time) };
  }
  const inputs = inputWrapper.case === 'inputs' ? inputWrapper.value : create(InputsSchema);
  return inlineInputs(inputs, arg, time, 'always');
}

/** Inputs that a caller sends along when he fires a trigger by hand: a value that he chose for the scheduled time stays. */
export function inputsForTrigger(row: TriggerRow, inputs: Inputs, time: Instant | undefined): RunInputs {
  return inlineInputs(inputs, kickoffArg(row), time, 'unless-given');
}

/** Inputs that a caller uploaded before he fires a trigger by hand. */
export function offloadedForTrigger(
  row: TriggerRow,
  { inputUri, inputsHash }: { readonly inputUri: string; readonly inputsHash: string },
  time: Instant | undefined,
): RunInputs {
  return { inputUri, inputsHash: kickoffInputsHash(inputsHash, kickoffArg(row), time) };
}

/** The run spec of a trigger for a time. */
export function triggerRunSpec(row: TriggerRow, time: Instant | undefined): RunSpec {
  const spec: TriggerSpec = fromBinary(TriggerSpecSchema, row.spec);
  const runSpec = spec.runSpec ? clone(RunSpecSchema, spec.runSpec) : create(RunSpecSchema);
  if (time !== undefined) runSpec.runStartTime = timestampOf(time);
  return runSpec;
}

/** What a scheduled run depends on besides its trigger. */
export interface FireOptions {
  /** Whether a project that does not exist is made with its first run. */
  readonly autoCreateProject: boolean;
  /** Whether this service runs the tasks. */
  readonly execute: boolean;
}

/** The run with which a trigger answers a scheduled time; its name follows from both. */
export function scheduledRun(row: TriggerRow, task: StoredTask, time: Instant, options: FireOptions): NewRun {
  const runSpec = triggerRunSpec(row, time);
  runSpec.taskSpecSource = TaskSpecSource.DEPLOYED;
  const name = firingRunName(row, time);
  const { org, org_key, project, domain } = row;
  const taskSpec = fromBinary(TaskSpecSchema, task.spec);
  const inputs = triggerInputs(row, time);
  return {
    key: { org, project, domain, name },
    stored: { org_key, project, domain, name },
    kind: 'RUN',
    spec: taskSpecRecord(taskSpec, taskIdentifier(task), runSpec.queue),
    runSpec,
    labels: runSpec.labels?.values ?? {},
    source: RunSource.SCHEDULE_TRIGGER,
    ...inputs,
    createdBy: deployerOf(row),
    cacheKey: rootCacheKey(taskSpec, inputs.inputsHash ?? inlineInputsHash(inputs.inputs)),
    ...options,
    trigger: runTrigger(row),
  };
}

/** The input that gets the scheduled time; empty if there is none. */
export function kickoffArg(row: TriggerRow): string {
  const { automation } = automationOf(row);
  return automation.case === 'schedule' ? automation.value.kickoffTimeInputArg : '';
}

function inlineInputs(inputs: Inputs, arg: string, time: Instant | undefined, rule: KickoffRule): RunInputs {
  const filled = withKickoffTime(inputs, arg, time, rule);
  const empty = filled.literals.length === 0 && filled.context.length === 0;
  return empty ? {} : { inputs: toBinary(InputsSchema, filled) };
}

function deployerOf(row: TriggerRow): EnrichedIdentity {
  return fromBinary(TriggerMetadataSchema, row.metadata).deployedBy ?? create(EnrichedIdentitySchema);
}

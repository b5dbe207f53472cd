import { clone, create } from '@bufbuild/protobuf';
import type { TriggerName } from '../../gen/flyteidl2/common/identifier_pb.js';
import {
  type TriggerAutomationSpec,
  TriggerAutomationSpecSchema,
  TriggerAutomationSpecType as Type,
} from '../../gen/flyteidl2/task/common_pb.js';
import type { VariableMap } from '../../gen/flyteidl2/core/interface_pb.js';
import { SimpleType } from '../../gen/flyteidl2/core/types_pb.js';
import type { TaskSpec } from '../../gen/flyteidl2/task/task_definition_pb.js';
import type { TriggerSpec } from '../../gen/flyteidl2/trigger/trigger_definition_pb.js';
import { checkActivable, type NewTrigger } from '../../repository/triggers.ts';
import { DomainError, invalidArgument } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { readSchedule } from '../../runs/schedule.ts';
import { checkLabels, checkName, checkPlace, checkUri } from '../run/checks.ts';
import { anonymous } from '../run/deps.ts';
import { storedTriggerKey } from '../run/resolve-task.ts';
import type { TriggerDeps } from './deps.ts';

const MAX_DESCRIPTION = 255;
const MAX_LISTED = 20;

/** A trigger as a request brings it. */
export interface TriggerRequest {
  readonly name: TriggerName;
  readonly spec: TriggerSpec;
  readonly automation: TriggerAutomationSpec | undefined;
  /** Whether it comes with its task. */
  readonly withTask: boolean;
}

/** Checks a trigger's name. Throws invalid_argument for one that can't stand in an index, not_found for an unknown domain. */
export function checkTriggerName(name: TriggerName, domains: readonly string[]): void {
  checkPlace(name, domains);
  checkName(name.name, 'the name of the trigger');
  checkName(name.taskName, 'task_name');
}

/** Checks a trigger to deploy, for a task that has this spec. Throws with a sentence that names the trigger and says what to change. */
export function newTrigger(deps: TriggerDeps, request: TriggerRequest, task: TaskSpec): NewTrigger {
  const { name, spec, withTask } = request;
  checkTriggerName(name, deps.domains);
  const automation = request.automation ?? create(TriggerAutomationSpecSchema, { type: Type.TYPE_NONE });
  return about(name.name, () => {
    checkAutomation(deps, automation);
    checkKickoffInput(automation, task);
    if (spec.active) checkActivable(automation, name.name);
    checkTriggerSpec(deps, spec);
    return {
      key: storedTriggerKey(deps.organizations, name),
      org: name.org,
      spec,
      automation: clone(TriggerAutomationSpecSchema, automation),
      withTask,
      by: anonymous,
    };
  });
}

function checkAutomation(deps: TriggerDeps, { type, automation }: TriggerAutomationSpec): void {
  const wanted = { [Type.TYPE_SCHEDULE]: 'schedule', [Type.TYPE_ARTIFACT]: 'artifact' };
  const needs = wanted[type as keyof typeof wanted];
  if (Type[type] === undefined || type === Type.TYPE_UNSPECIFIED)
    throw invalidArgument('automation_spec.type must be TYPE_NONE, TYPE_SCHEDULE or TYPE_ARTIFACT');
  if (automation.case !== needs) {
    throw invalidArgument(
      needs === undefined
        ? `automation_spec.${automation.case} must not be set with ${Type[type]}`
        : `automation_spec.${needs} must be set with ${Type[type]}`,
    );
  }
  if (automation.case === 'schedule') readSchedule(automation.value, deps.clock());
}

/** The task must have the input that gets the scheduled time, and it must be a time. */
function checkKickoffInput({ automation }: TriggerAutomationSpec, task: TaskSpec): void {
  const arg = automation.case === 'schedule' ? automation.value.kickoffTimeInputArg : '';
  if (arg === '') return;
  const variables: VariableMap['variables'] = task.taskTemplate?.interface?.inputs?.variables ?? [];
  const type = variables.find(({ key }) => key === arg)?.value?.type?.type;
  if (type === undefined) {
    const known = variables.slice(0, MAX_LISTED).map(({ key }) => key);
    throw invalidArgument(
      `kickoff_time_input_arg ${quote(arg)} is no input of the task; its inputs are ${known.join(', ') || 'none'}`,
    );
  }
  if (type.case === 'simple' && type.value !== SimpleType.DATETIME)
    throw invalidArgument(`kickoff_time_input_arg ${quote(arg)} must be an input of type DATETIME`);
}

function checkTriggerSpec(deps: TriggerDeps, spec: TriggerSpec): void {
  checkName(spec.taskVersion, 'task_version');
  if (spec.description.length > MAX_DESCRIPTION) {
    throw invalidArgument(
      `description must have at most ${MAX_DESCRIPTION} characters, not ${spec.description.length}`,
    );
  }
  checkLabels(spec.runSpec?.labels?.values ?? {});
  checkName(
    spec.runSpec?.securityContext?.runAs?.k8sServiceAccount ?? '',
    'run_spec.security_context.run_as.k8s_service_account',
  );
  if (spec.inputWrapper.case !== 'offloadedInputData') return;
  const { uri, inputsHash } = spec.inputWrapper.value;
  if (deps.storage.resolve(uri) === undefined) {
    throw invalidArgument(
      `offloaded_input_data.uri ${quote(uri)} is not in this service's storage; upload the inputs with DataProxyService first`,
    );
  }
  checkUri(uri, 'offloaded_input_data.uri');
  checkName(inputsHash, 'offloaded_input_data.inputs_hash');
}

/** Puts the name of the trigger before what is wrong with it: a task may bring several. */
function about<R>(name: string, check: () => R): R {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DomainError) || error.message.startsWith('trigger ')) throw error;
    throw new DomainError(error.code, `trigger ${quote(name)}: ${error.message}`, { cause: error });
  }
}

import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import {
  FixedRateUnit,
  type TriggerAutomationSpec,
  TriggerAutomationSpecSchema,
  TriggerAutomationSpecType,
} from '../../src/gen/flyteidl2/task/common_pb.js';
import { TaskService, type DeployTaskRequestSchema } from '../../src/gen/flyteidl2/task/task_service_pb.js';
import type { TaskSpec, TaskTriggerSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import { TriggerService } from '../../src/gen/flyteidl2/trigger/trigger_service_pb.js';
import type { Suite } from '../rpc/harness.ts';
import { type Init, newName, PLACE, taskSpec } from '../rpc/requests.ts';

/** Clients of the two services. */
export interface TaskClients {
  tasks: Client<typeof TaskService>;
  triggers: Client<typeof TriggerService>;
}

/** Clients of the two services over a suite's transport. */
export const taskClients = ({ transport }: Pick<Suite, 'transport'>): TaskClients => ({
  tasks: createClient(TaskService, transport),
  triggers: createClient(TriggerService, transport),
});

/** The identifier of a version of a task. */
export const taskId = (name: string, version = 'v1') => ({ ...PLACE, name, version });

/** The name of a trigger. */
export const triggerName = (taskName: string, name: string) => ({ ...PLACE, taskName, name });

/** A name of a task that no other test of this process has. */
export const newTask = () => `env.${newName('task')}`;

/** The spec of a task with inputs `x` (a number) and `when` (a time). */
export function specOf(name: string, version = 'v1', more: Parameters<typeof taskSpec>[1] = {}): TaskSpec {
  const spec = taskSpec(name, { documentation: { shortDescription: 'does it' }, ...more });
  const template = spec.taskTemplate;
  if (template?.id) template.id.version = version;
  const simple = (type: SimpleType) => ({ type: { type: { case: 'simple', value: type } as const } });
  const withInputs = taskSpec(name, {
    taskTemplate: {
      interface: {
        inputs: {
          variables: [
            { key: 'x', value: simple(SimpleType.INTEGER) },
            { key: 'when', value: simple(SimpleType.DATETIME) },
          ],
        },
      },
    },
  });
  const typed = withInputs.taskTemplate?.interface;
  if (template && typed) template.interface = typed;
  return spec;
}

/** Deploys a version of a task. */
export async function deploy(
  { tasks }: TaskClients,
  name: string,
  version = 'v1',
  more: Init<typeof DeployTaskRequestSchema> = {},
): Promise<void> {
  await tasks.deployTask({ taskId: taskId(name, version), spec: specOf(name, version), ...more });
}

/** Every January: a schedule that does not fire while tests run. */
export const yearly = (kickoffTimeInputArg = ''): TriggerAutomationSpec =>
  cron('0 0 1 1 *', 'UTC', kickoffTimeInputArg);

/** A cron schedule. */
export const cron = (expression: string, timezone = '', kickoffTimeInputArg = ''): TriggerAutomationSpec =>
  automation({
    type: TriggerAutomationSpecType.TYPE_SCHEDULE,
    automation: {
      case: 'schedule',
      value: { expression: { case: 'cron', value: { expression, timezone } }, kickoffTimeInputArg },
    },
  });

/** A rate. */
export const rate = (value: number, unit = FixedRateUnit.DAY): TriggerAutomationSpec =>
  automation({
    type: TriggerAutomationSpecType.TYPE_SCHEDULE,
    automation: { case: 'schedule', value: { expression: { case: 'rate', value: { value, unit } } } },
  });

/** An automation as tests write it. */
export const automation = (
  init: MessageInitShape<typeof TriggerAutomationSpecSchema>,
): TriggerAutomationSpec => create(TriggerAutomationSpecSchema, init);

/** A trigger of a task to deploy. */
export const trigger = (
  name: string,
  automationSpec: TriggerAutomationSpec | undefined = yearly(),
  active = true,
): Init<typeof TaskTriggerSchema> => ({ name, spec: { active }, automationSpec });

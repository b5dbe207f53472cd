import type { MessageInitShape } from '@bufbuild/protobuf';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import type { Literal } from '../../src/gen/flyteidl2/core/literals_pb.js';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import type { TaskSpec } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import type {
  ActionEventSchema,
  ConditionActionSchema,
} from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { CreateRunRequestSchema } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { actionId, type Clients, runId } from './harness.ts';
import { taskSpecOf } from './seed-tasks.ts';

/** Every phase by its name. */
export { ActionPhase as Phase };

/** What a run goes through, and how the console names it. */
export const LIFE = [
  [ActionPhase.QUEUED, 'Queued'],
  [ActionPhase.WAITING_FOR_RESOURCES, 'Waiting'],
  [ActionPhase.INITIALIZING, 'Starting'],
  [ActionPhase.RUNNING, 'Running'],
  [ActionPhase.SUCCEEDED, 'Succeeded'],
] as const;

/** The spec of a task with a few inputs, `x`: a number, `text`: a text, `sure`: a truth. */
export function specOf(task: string): TaskSpec {
  return taskSpecOf(
    task,
    task.split('.')[0] ?? '',
    { x: SimpleType.INTEGER, text: SimpleType.STRING, sure: SimpleType.BOOLEAN },
    { o0: SimpleType.INTEGER },
  );
}

/** An input that is a whole number. */
export function integer(name: string, value: bigint) {
  return scalar(name, { case: 'integer', value });
}

/** An input that is a text. */
export function text(name: string, value: string) {
  return scalar(name, { case: 'stringValue', value });
}

function scalar(
  name: string,
  value: { case: 'integer'; value: bigint } | { case: 'stringValue'; value: string },
) {
  return {
    name,
    value: {
      value: {
        case: 'scalar' as const,
        value: { value: { case: 'primitive' as const, value: { value } } },
      },
    },
  };
}

/** What a literal that is a number, a text or a truth says. */
export function plain(literal: Literal | undefined): unknown {
  const scalar = literal?.value.case === 'scalar' ? literal.value.value.value : undefined;
  return scalar?.case === 'primitive' ? scalar.value.value.value : undefined;
}

/** Inputs of a run, as the service has them. */
export async function inputsOf({ data }: Clients, run: string): Promise<Record<string, unknown>> {
  const { inputs } = await data.getActionData({ actionId: actionId(run) });
  return Object.fromEntries((inputs?.literals ?? []).map(({ name, value }) => [name, plain(value)]));
}

/** Creates a run; nothing has happened to it yet. */
export async function createRun(
  { runs }: Clients,
  name: string,
  more: Omit<MessageInitShape<typeof CreateRunRequestSchema>, 'id' | '$typeName' | '$unknown'> = {},
): Promise<string> {
  await runs.createRun({
    id: { case: 'runId', value: runId(name) },
    task: { case: 'taskSpec', value: specOf('demo.main') },
    ...more,
  });
  return name;
}

/** Says that an action is in the phase now. */
export async function becomes(
  { internal }: Clients,
  run: string,
  phase: ActionPhase,
  {
    action = 'a0',
    ...more
  }: { action?: string } & Omit<
    MessageInitShape<typeof ActionEventSchema>,
    'id' | '$typeName' | '$unknown'
  > = {},
): Promise<void> {
  const { status } = await internal.recordActionEvents({
    events: [{ id: actionId(run, action), attempt: 1, phase, ...more }],
  });
  if (status?.code !== 0) throw new Error(status?.message);
}

/** Records that a task began another one. */
export async function addTask(
  { internal }: Clients,
  run: string,
  name: string,
  { task = 'demo.step', parent = 'a0', group = '', inputUri = '' } = {},
): Promise<void> {
  const { status } = await internal.recordAction({
    actionId: actionId(run, name),
    parent,
    group,
    inputUri,
    spec: { case: 'task', value: { id: { ...runId(run), name: task, version: '1' }, spec: specOf(task) } },
  });
  if (status !== undefined && status.code !== 0) throw new Error(status.message);
}

/** Records that a task waits for somebody's word. */
export async function addCondition(
  { internal }: Clients,
  run: string,
  name: string,
  condition: MessageInitShape<typeof ConditionActionSchema>,
): Promise<void> {
  const { status } = await internal.recordAction({
    actionId: actionId(run, name),
    parent: 'a0',
    spec: { case: 'condition', value: condition },
  });
  if (status !== undefined && status.code !== 0) throw new Error(status.message);
}

/** The phase that the service says a run is in. */
export async function phaseOf({ runs }: Clients, run: string): Promise<string> {
  const { details } = await runs.getRunDetails({ runId: runId(run) });
  return ActionPhase[details?.action?.status?.phase ?? 0] ?? '';
}

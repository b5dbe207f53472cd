import { create, type DescMessage, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import { type TaskSpec, TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import type {
  ActionEventSchema,
  ConditionActionSchema,
} from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { RecordActionRequestSchema } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import {
  type CreateRunRequest,
  CreateRunRequestSchema,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import type { Clients } from './harness.ts';

/** The fields of a message as tests write them. */
export type Init<Desc extends DescMessage> = Exclude<MessageInitShape<Desc>, Message>;

/** The scope of everything that suites make. */
export const PLACE = { org: '127', project: 'flytesnacks', domain: 'development' } as const;

let names = 0;

/** A run name that no other test of this process has. */
export function newName(prefix = 'run'): string {
  return `${prefix}-${process.pid}-${++names}`.slice(0, 30);
}

/** The identifier of a run in PLACE. */
export const runId = (name: string) => ({ ...PLACE, name });

/** The identifier of an action in PLACE. */
export const actionId = (run: string, name = 'a0') => ({ run: runId(run), name });

/** The spec of a container task. */
export function taskSpec(name = 'my_env.my_task', more: Init<typeof TaskSpecSchema> = {}): TaskSpec {
  return create(TaskSpecSchema, {
    taskTemplate: {
      id: { ...PLACE, name, version: 'v1' },
      type: 'python',
      metadata: { retries: { retries: 2 } },
      target: { case: 'container', value: { image: 'python:3.13', args: ['a0'] } },
    },
    shortName: name.slice(name.lastIndexOf('.') + 1),
    environment: { name: 'my_env' },
    ...more,
  });
}

/** A request to create a run in PLACE. */
export function createRunRequest(
  name: string,
  more: Init<typeof CreateRunRequestSchema> = {},
): CreateRunRequest {
  return create(CreateRunRequestSchema, {
    id: { case: 'runId', value: runId(name) },
    task: { case: 'taskSpec', value: taskSpec() },
    ...more,
  });
}

/** Creates a run with a name of its own, which is answered. */
export async function createRun(
  { runs }: Pick<Clients, 'runs'>,
  more: Init<typeof CreateRunRequestSchema> = {},
  name = newName(),
): Promise<string> {
  await runs.createRun(createRunRequest(name, more));
  return name;
}

/** An event of an action in PLACE. */
export function event(
  run: string,
  action: string,
  phase: ActionPhase,
  more: Init<typeof ActionEventSchema> = {},
): Init<typeof ActionEventSchema> {
  return { id: actionId(run, action), attempt: 1, phase, ...more };
}

/** A request to record a task below the root of a run in PLACE. */
export function taskRequest(
  run: string,
  name: string,
  more: Init<typeof RecordActionRequestSchema> = {},
): Init<typeof RecordActionRequestSchema> {
  return {
    actionId: actionId(run, name),
    parent: 'a0',
    spec: {
      case: 'task',
      value: { id: { ...PLACE, name: 'my_env.child', version: 'v1' }, spec: taskSpec('my_env.child') },
    },
    ...more,
  };
}

/** A request to record a condition that waits for a value of this type (null: of any) below the root of a run in PLACE. */
export function conditionRequest(
  run: string,
  name: string,
  type: SimpleType | null = SimpleType.BOOLEAN,
  more: Init<typeof ConditionActionSchema> = {},
): Init<typeof RecordActionRequestSchema> {
  return {
    actionId: actionId(run, name),
    parent: 'a0',
    spec: {
      case: 'condition',
      value: {
        name: 'approve',
        prompt: 'Go on?',
        ...(type === null ? {} : { type: { type: { case: 'simple', value: type } } }),
        ...more,
      },
    },
  };
}

/** A point in time of these tests, in seconds since 1970, with microseconds. */
export const at = (seconds: number, micros = 123_456) => ({
  seconds: 1_800_000_000n + BigInt(seconds),
  nanos: micros * 1000,
});

/** Every phase by its name. */
export { ActionPhase as Phase };

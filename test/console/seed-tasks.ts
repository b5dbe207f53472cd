import { create } from '@bufbuild/protobuf';
import { LiteralTypeSchema, SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import { VariableEntrySchema, VariableMapSchema } from '../../src/gen/flyteidl2/core/interface_pb.js';
import { type TaskSpec, TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';

/** A step of a seeded task: a child action, or `count` of them in a group. */
export interface SeedStep {
  readonly task: string;
  readonly count?: number;
  readonly group?: string;
  readonly seconds: number;
  /** Steps inside each of them. */
  readonly steps?: readonly SeedStep[];
  readonly kind?: 'task' | 'trace' | 'condition';
}

/** A task that people run, and what its runs are made of. */
export interface SeedTask {
  readonly name: string;
  readonly environment: string;
  readonly versions: readonly string[];
  readonly inputs: Readonly<Record<string, SimpleType>>;
  readonly outputs: Readonly<Record<string, SimpleType>>;
  readonly steps: readonly SeedStep[];
  /** How often it is run compared to the others. */
  readonly weight: number;
  readonly failureRate: number;
  readonly error: string;
  readonly code: string;
}

const { STRING, INTEGER, FLOAT, BOOLEAN } = SimpleType;

/** What the seeded project does. */
export const SEED_TASKS: readonly SeedTask[] = [
  {
    name: 'etl.nightly_orders',
    environment: 'etl',
    versions: ['2f1c9ab', '8d0e411'],
    inputs: { day: STRING, limit: INTEGER, full: BOOLEAN },
    outputs: { o0: INTEGER },
    weight: 5,
    failureRate: 0.22,
    code: 'KeyError',
    error: trace('etl/orders.py', 'normalise', "KeyError: 'currency'", 'row["currency"].upper()'),
    steps: [
      { task: 'etl.extract', group: 'extract', count: 6, seconds: 14 },
      {
        task: 'etl.transform',
        group: 'transform',
        count: 6,
        seconds: 22,
        steps: [{ task: 'normalise', kind: 'trace', seconds: 6 }],
      },
      { task: 'etl.load', seconds: 18 },
    ],
  },
  {
    name: 'training.train_model',
    environment: 'training',
    versions: ['a71b3c0', 'c0ffee1', 'e5d9f20'],
    inputs: { learning_rate: FLOAT, folds: INTEGER, dataset: STRING },
    outputs: { o0: FLOAT, o1: STRING },
    weight: 2,
    failureRate: 0.2,
    code: 'OutOfMemoryError',
    error: trace(
      'training/fold.py',
      'fit',
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.41 GiB',
      'loss.backward()',
    ),
    steps: [
      { task: 'training.prepare', seconds: 40 },
      {
        task: 'training.train_fold',
        group: 'folds',
        count: 5,
        seconds: 210,
        steps: [{ task: 'evaluate_epoch', kind: 'trace', seconds: 30, count: 3 }],
      },
      { task: 'training.evaluate', seconds: 35 },
    ],
  },
  {
    name: 'reports.weekly_report',
    environment: 'reports',
    versions: ['1.4.0'],
    inputs: { week: INTEGER, recipients: STRING },
    outputs: { o0: STRING },
    weight: 1,
    failureRate: 0.1,
    code: 'TimeoutError',
    error: trace(
      'reports/mail.py',
      'send',
      'TimeoutError: the mail server did not answer within 30 s',
      'smtp.send_message(message)',
    ),
    steps: [
      { task: 'reports.collect', seconds: 12, count: 3, group: 'collect' },
      { task: 'approve', kind: 'condition', seconds: 90 },
      { task: 'reports.render', seconds: 9 },
    ],
  },
  {
    name: 'monitoring.check_freshness',
    environment: 'monitoring',
    versions: ['77aa012'],
    inputs: { table: STRING },
    outputs: { o0: BOOLEAN },
    weight: 7,
    failureRate: 0.06,
    code: 'AssertionError',
    error: trace(
      'monitoring/freshness.py',
      'check',
      'AssertionError: orders is 9 h 12 min old, 6 h are allowed',
      'assert age < allowed, message',
    ),
    steps: [],
  },
  {
    name: 'features.backfill',
    environment: 'features',
    versions: ['9b2d7e4'],
    inputs: { since: STRING, until: STRING },
    outputs: { o0: INTEGER },
    weight: 1,
    failureRate: 0.15,
    code: 'ConnectionResetError',
    error: trace(
      'features/store.py',
      'write',
      'ConnectionResetError: [Errno 104] Connection reset by peer',
      'self.client.put(batch)',
    ),
    steps: [{ task: 'features.backfill_day', group: 'days', count: 40, seconds: 25 }],
  },
];

/** Literal type of a simple type. */
export function simpleType(simple: SimpleType) {
  return create(LiteralTypeSchema, { type: { case: 'simple', value: simple } });
}

/** The spec that the SDK would send for the task, with a typed interface. */
export function taskSpecOf(
  name: string,
  environment: string,
  inputs: Readonly<Record<string, SimpleType>> = {},
  outputs: Readonly<Record<string, SimpleType>> = {},
): TaskSpec {
  return create(TaskSpecSchema, {
    shortName: name.split('.').at(-1) ?? name,
    environment: { name: environment },
    documentation: { shortDescription: `The task ${name} of the sample data.` },
    taskTemplate: {
      id: { name },
      type: 'python',
      interface: { inputs: variables(inputs), outputs: variables(outputs) },
      metadata: { retries: { retries: 1 } },
      target: {
        case: 'container',
        value: { image: `registry.example/${environment}:latest`, args: ['a0', '--task', name] },
      },
    },
  });
}

function variables(types: Readonly<Record<string, SimpleType>>) {
  return create(VariableMapSchema, {
    variables: Object.entries(types).map(([key, type]) =>
      create(VariableEntrySchema, { key, value: { type: simpleType(type) } }),
    ),
  });
}

function trace(file: string, place: string, error: string, line: string): string {
  return [
    'Traceback (most recent call last):',
    '  File "/app/flyte/_internal/runtime/entrypoints.py", line 214, in load_and_run_task',
    '    outputs, error = await contextual_run(run_task, task=task, inputs=inputs)',
    '  File "/app/flyte/_internal/runtime/taskrunner.py", line 131, in run_task',
    '    out = await task.execute(**inputs)',
    `  File "/app/${file}", line 57, in ${place}`,
    `    ${line}`,
    error,
  ].join('\n');
}

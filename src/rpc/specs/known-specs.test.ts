import { create, type DescMessage, getOption, type Message, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { field as fieldRules, message as messageRules } from '../../gen/buf/validate/validate_pb.js';
import { EnqueueRequestSchema } from '../../gen/flyteidl2/actions/actions_service_pb.js';
import { type TaskSpec, TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import {
  type RecordActionRequest,
  RecordActionRequestSchema,
  RecordActionStreamRequestSchema,
  UpdateActionStatusRequestSchema,
} from '../../gen/flyteidl2/workflow/internal_run_service_pb.js';
import { CreateRunRequestSchema } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { CreateTrackedRunRequestSchema } from '../../gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { fillOrganization } from '../organization.ts';
import { checkMessage } from '../validation.ts';
import { readRequest } from './known-specs.ts';
import { specHolder, specPathOf } from './spec-path.ts';

const withSpecs = [
  CreateRunRequestSchema,
  CreateTrackedRunRequestSchema,
  RecordActionRequestSchema,
  RecordActionStreamRequestSchema,
  EnqueueRequestSchema,
];
const run = { org: 'o', project: 'p', domain: 'd', name: 'r' };
let made = 0;

function taskSpec(shortName = 'train', args: string[] = []): TaskSpec {
  const id = { org: 'o', project: 'p', domain: 'd', name: 'pkg.train', version: `v${made++}` };
  return create(TaskSpecSchema, {
    taskTemplate: { id, type: 'python', target: { case: 'container', value: { image: 'i', args } } },
    shortName,
  });
}

function recordRequest(name: string, spec: TaskSpec, parent = 'a0') {
  const id = { org: 'o', project: 'p', domain: 'd', name: 'pkg.train', version: 'v1' };
  return create(RecordActionRequestSchema, {
    actionId: { run, name },
    parent,
    inputUri: 's3://b/i',
    spec: { case: 'task', value: { id, spec } },
  });
}

const bytesOf = (request: RecordActionRequest) => toBinary(RecordActionRequestSchema, request);
const options = { recursionLimit: 100 };

function read(bytes: Uint8Array): RecordActionRequest {
  const request = readRequest(RecordActionRequestSchema, bytes, options);
  checkMessage(RecordActionRequestSchema, request);
  return request;
}

const specOf = ({ spec }: RecordActionRequest) => (spec.case === 'task' ? spec.value.spec : undefined);

test('the same spec again is the same message, in a request that is all its own', () => {
  const spec = taskSpec();
  const [a, b] = [recordRequest('a', spec), recordRequest('b', spec, 'x'.repeat(20))];
  const first = read(bytesOf(a));
  const second = read(bytesOf(b));
  expect(first).toEqual(a);
  expect(second).toEqual(b);
  expect(specOf(second)).toBe(specOf(first));
});

test.each([0, 40, 100, 127, 128, 300, 16_000])(
  'every request with a spec is read as it was sent, of a spec with %i bytes more',
  (size) => {
    const spec = taskSpec('train', ['x'.repeat(size)]);
    const requests: [DescMessage, Message][] = [
      [RecordActionRequestSchema, recordRequest('a', spec)],
      [
        RecordActionStreamRequestSchema,
        create(RecordActionStreamRequestSchema, { request: recordRequest('a', spec) }),
      ],
      [
        CreateRunRequestSchema,
        create(CreateRunRequestSchema, {
          id: { case: 'runId', value: run },
          task: { case: 'taskSpec', value: spec },
          runSpec: { labels: { values: { a: 'b' } } },
        }),
      ],
      [
        CreateTrackedRunRequestSchema,
        create(CreateTrackedRunRequestSchema, { task: { case: 'taskSpec', value: spec } }),
      ],
      [
        EnqueueRequestSchema,
        create(EnqueueRequestSchema, {
          action: {
            actionId: { run, name: 'a' },
            inputUri: 'i',
            runOutputBase: 'o',
            spec: { case: 'task', value: { spec } },
          },
        }),
      ],
    ];
    read(bytesOf(recordRequest('known', spec)));
    const specs = requests.map(([schema, request]) => {
      const message = readRequest(schema, toBinary(schema, request), options);
      expect(message).toEqual(request);
      const path = specPathOf(schema);
      const holder = path && specHolder(path, message);
      return holder?.fields[holder.key];
    });
    expect(specs[0]).toBeDefined();
    for (const one of specs) expect(one).toBe(specs[0]);
  },
);

test('a spec that differs in its last byte is another one', () => {
  const spec = taskSpec('train', ['x'.repeat(500), 'a']);
  const other = create(TaskSpecSchema, spec);
  const bytes = bytesOf(recordRequest('a', spec));
  read(bytes);
  const changed = Buffer.from(bytes);
  const at = changed.lastIndexOf('a', changed.lastIndexOf('train'));
  changed[at] = 'b'.charCodeAt(0);
  const request = read(changed);
  expect(specOf(request)).not.toEqual(other);
  expect(toBinary(RecordActionRequestSchema, request)).toEqual(new Uint8Array(changed));
});

test('a spec that is too large to be kept is read each time', () => {
  const spec = taskSpec('train', ['x'.repeat(17_000)]);
  const bytes = bytesOf(recordRequest('a', spec));
  expect(read(bytes)).toEqual(recordRequest('a', spec));
  expect(specOf(read(bytes))).not.toBe(specOf(read(bytes)));
});

test('nothing in a spec that is kept can be changed', () => {
  const bytes = bytesOf(recordRequest('a', taskSpec()));
  read(bytes);
  const spec = specOf(read(bytes));
  expect(() => {
    if (spec) spec.shortName = 'other';
  }).toThrow(TypeError);
  expect(() => {
    if (spec?.taskTemplate?.target.case === 'container') spec.taskTemplate.target.value.args.push('x');
  }).toThrow(TypeError);
});

test('a spec that breaks a rule is refused each time it comes', () => {
  const bytes = bytesOf(recordRequest('a', taskSpec('x'.repeat(64))));
  for (let i = 0; i < 3; i++) expect(() => read(bytes)).toThrow(/short_name/);
});

test('what is wrong beside a known spec is found, and the spec is still there', () => {
  const spec = taskSpec();
  read(bytesOf(recordRequest('a', spec)));
  const wrong = readRequest(RecordActionRequestSchema, bytesOf(recordRequest('', spec)), options);
  expect(() => checkMessage(RecordActionRequestSchema, wrong)).toThrow(/name/);
  expect(specOf(wrong)).toEqual(spec);
});

test('a spec that comes in two parts is merged, known or not', () => {
  const spec = taskSpec();
  const request = recordRequest('a', spec);
  read(bytesOf(request));
  const twice = Buffer.concat([
    bytesOf(request),
    bytesOf(
      create(RecordActionRequestSchema, { spec: { case: 'task', value: { spec: { shortName: 'second' } } } }),
    ),
  ]);
  const expected = recordRequest('a', create(TaskSpecSchema, { ...spec, shortName: 'second' }));
  expect(read(twice)).toEqual(expected);
});

test('bytes that are no message fail as they do without all this', () => {
  const bytes = bytesOf(recordRequest('a', taskSpec()));
  read(bytes);
  for (let length = 1; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    let whole: unknown;
    try {
      whole = readRequest(RecordActionRequestSchema, cut, options);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      continue;
    }
    expect(bytesOf(whole as RecordActionRequest).length).toBeLessThanOrEqual(length);
  }
});

test('requests without a spec have no way to one', () => {
  expect(specPathOf(UpdateActionStatusRequestSchema)).toBeUndefined();
});

test('rules look at a spec from inside only, and nothing is filled into it', () => {
  for (const schema of withSpecs) {
    const path = specPathOf(schema);
    expect(path?.length).toBeGreaterThan(0);
    for (const field of path ?? []) {
      expect(getOption(field.parent, messageRules).cel).toEqual([]);
      expect(getOption(field, fieldRules).cel).toEqual([]);
    }
  }
  const spec = taskSpec();
  for (const part of ['org', 'project', 'domain'] as const) {
    if (spec.taskTemplate?.id) spec.taskTemplate.id[part] = '';
  }
  const before = toBinary(TaskSpecSchema, spec);
  fillOrganization(TaskSpecSchema, spec, 'filled');
  expect(toBinary(TaskSpecSchema, spec)).toEqual(before);
});

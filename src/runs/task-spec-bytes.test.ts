import { isDeepStrictEqual } from 'node:util';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Container, TaskTemplateSchema } from '../gen/flyteidl2/core/tasks_pb.js';
import { type TaskSpec, TaskSpecSchema } from '../gen/flyteidl2/task/task_definition_pb.js';
import { sameValue, taskSpecBytes } from './task-spec-bytes.ts';

const spec = () =>
  create(TaskSpecSchema, {
    taskTemplate: {
      id: { name: 'mod.work', version: 'v1' },
      config: { a: '1', b: '2' },
      target: { case: 'container', value: { image: 'img', args: ['x', 'y'] } },
    },
    environment: { name: 'env' },
  });

/** The spec's template, which is there. */
const template = (of: TaskSpec) => of.taskTemplate ?? create(TaskTemplateSchema);

/** Another object of the same meaning, as a second request would bring it. */
const again = (of: TaskSpec) => fromBinary(TaskSpecSchema, toBinary(TaskSpecSchema, of));

describe('the bytes of a task spec', () => {
  it('are those of the last spec of the task that means the same', () => {
    const first = taskSpecBytes(spec());
    expect(first.bytes).toEqual(toBinary(TaskSpecSchema, spec()));
    expect(taskSpecBytes(again(spec())).bytes).toBe(first.bytes);
    expect(taskSpecBytes(again(spec())).digest).toBe(first.digest);
  });

  it.each<[string, (one: TaskSpec) => unknown]>([
    ['a text', (one) => Object.assign(one, { shortName: 'other' })],
    ['a map', (one) => Object.assign(template(one).config, { c: '3' })],
    ['a value of a map', (one) => Object.assign(template(one).config, { a: '2' })],
    ['what is not there', (one) => Object.assign(one, { environment: undefined })],
    ['a list', (one) => (template(one).target.value as Container).args.pop()],
    ['a case', (one) => Object.assign(template(one), { target: { case: undefined } })],
    [
      'an unknown field',
      (one) => Object.assign(one, { $unknown: [{ no: 900, wireType: 2, data: new Uint8Array([1, 7]) }] }),
    ],
  ])('are others when it differs in %s', (_name, change) => {
    taskSpecBytes(spec());
    const other = spec();
    change(other);
    expect(taskSpecBytes(other).bytes).toEqual(toBinary(TaskSpecSchema, other));
    expect(taskSpecBytes(again(spec())).bytes).toEqual(toBinary(TaskSpecSchema, spec()));
  });

  it('are new when the same object was changed', () => {
    const one = spec();
    taskSpecBytes(one);
    one.shortName = 'renamed';
    expect(taskSpecBytes(one).bytes).toEqual(toBinary(TaskSpecSchema, one));
  });
});

describe('comparing parts of messages', () => {
  it('finds what JSON and the signs of numbers tell apart', () => {
    const part = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(0, -0, Number.NaN, 1n, '', 'a', undefined, null, true),
        fc.uint8Array({ maxLength: 2 }),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { maxKeys: 2, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(part, part, (a, b) => {
        expect(sameValue(a, b)).toBe(isDeepStrictEqual(a, b));
        expect(sameValue(a, structuredClone(a))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

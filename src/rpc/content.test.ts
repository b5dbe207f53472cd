import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { InputsSchema } from '../gen/flyteidl2/task/common_pb.js';
import { ConditionActionSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { CreateRunRequestSchema, ListRunsRequestSchema } from '../gen/flyteidl2/workflow/run_service_pb.js';
import { checkContent } from './content.ts';

const run = { org: 'o', project: 'p', domain: 'd', name: 'r' };
const condition = (init: MessageInitShape<typeof ConditionActionSchema>) => () =>
  checkContent(ConditionActionSchema, create(ConditionActionSchema, init));
const createRun = (init: MessageInitShape<typeof CreateRunRequestSchema>) => () =>
  checkContent(CreateRunRequestSchema, create(CreateRunRequestSchema, init));

describe('identifiers', () => {
  test('must hold no control characters, wherever they stand', () => {
    expect(createRun({ id: { case: 'runId', value: { ...run, name: 'a\u0000' } } })).toThrow(
      'run_id.name must not contain control characters',
    );
    expect(createRun({ runSpec: { relation: { relatedTo: { ...run, org: '\n' } } } })).toThrow(
      /^run_spec\.relation\.related_to\.org /,
    );
    const scopeBy = { case: 'org', value: '\u0000' } as const;
    const list = create(ListRunsRequestSchema, { scopeBy });
    expect(() => checkContent(ListRunsRequestSchema, list)).toThrow(/^org /);
  });

  test('other text may hold anything: it belongs to the user', () => {
    const labels = { values: { a: '\u0000' } };
    expect(createRun({ id: { case: 'runId', value: run }, runSpec: { labels } })).not.toThrow();
  });
});

describe('times and durations', () => {
  test.each([
    [253_402_300_800n, 0],
    [-62_135_596_801n, 0],
    [0n, -1],
    [0n, 1_000_000_000],
  ])('%d s and %d ns are no time', (seconds, nanos) => {
    expect(createRun({ runStartTime: { seconds, nanos } })).toThrow(/^run_start_time is not a time/);
  });

  test('the first and the last time are', () => {
    expect(createRun({ runStartTime: { seconds: -62_135_596_800n } })).not.toThrow();
    expect(createRun({ runStartTime: { seconds: 253_402_300_799n, nanos: 999_999_999 } })).not.toThrow();
  });

  test.each([
    [315_576_000_001n, 0],
    [1n, -1],
    [-1n, 1],
    [0n, 1_000_000_000],
  ])('%d s and %d ns are no duration', (seconds, nanos) => {
    expect(condition({ timeout: { seconds, nanos } })).toThrow(/^timeout is not a duration/);
  });

  test('in lists and maps, with their place', () => {
    const value = (nanos: number) =>
      ({
        value: {
          case: 'scalar',
          value: {
            value: { case: 'primitive', value: { value: { case: 'datetime', value: { nanos } } } },
          },
        },
      }) as const;
    const inputs = create(InputsSchema, {
      literals: [
        { name: 'a', value: value(1) },
        { name: 'b', value: { value: { case: 'map', value: { literals: { k: value(-1) } } } } },
      ],
    });
    expect(() => checkContent(InputsSchema, inputs)).toThrow(
      /^literals\[1\]\.value\.map\.literals\["k"\]\.scalar\.primitive\.datetime is not a time/,
    );
  });
});

test('JSON must be JSON', () => {
  expect(condition({ webhook: { payload: { a: [1, { b: Number.NaN }] } } })).toThrow(
    'webhook.payload holds NaN, which is no number in JSON',
  );
  expect(condition({ webhook: { payload: { a: [1, null, 'x', { b: -0 }] } } })).not.toThrow();
});

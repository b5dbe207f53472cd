import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { Resources_ResourceName } from '../../../../src/gen/flyteidl2/core/tasks_pb.js';
import { TaskSpecSchema } from '../../../../src/gen/flyteidl2/task/task_definition_pb.js';
import { commandText, specSections } from './spec-sections.ts';

it('says what was said, and nothing else', () => {
  expect(specSections(create(TaskSpecSchema))).toEqual([]);
  const sections = specSections(
    create(TaskSpecSchema, {
      taskTemplate: {
        id: { name: 'shop.load', version: 'v3' },
        type: 'python',
        metadata: {
          retries: { retries: 2 },
          timeout: { seconds: 90n },
          discoverable: true,
          discoveryVersion: 'v1',
        },
        custom: { shards: 4 },
        target: {
          case: 'container',
          value: {
            image: 'shop:1',
            args: ['a0', '--inputs', '{{.input}}', "it's"],
            env: [{ key: 'MODE', value: 'fast' }],
            resources: { requests: [{ name: Resources_ResourceName.CPU, value: '2' }] },
          },
        },
      },
    }),
  );
  expect(sections).toEqual([
    {
      title: 'Task',
      rows: [
        ['Name', 'shop.load'],
        ['Version', 'v3'],
        ['Type', 'python'],
      ],
    },
    {
      title: 'How it runs',
      rows: [
        ['Retries', '2'],
        ['Time-out', '1m 30s'],
        ['Cached', 'yes, version v1'],
      ],
    },
    {
      title: 'Container',
      rows: [
        ['Image', 'shop:1'],
        ['Requests', '2 cpu'],
      ],
    },
    { title: 'Command', text: "a0 \\\n  --inputs {{.input}} 'it'\\''s'" },
    { title: 'Environment variables', rows: [['MODE', 'fast']] },
    { title: 'Custom', text: '{ "shards": 4 }' },
  ]);
});

it('writes commands that a shell reads', () => {
  expect(commandText([])).toBeUndefined();
  expect(commandText(['sh', '-c', 'echo "$HOME"', ''])).toBe(`sh -c 'echo "$HOME"' ''`);
});

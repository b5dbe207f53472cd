import { create, type JsonObject, type MessageInitShape } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { TaskTemplateSchema } from '../gen/flyteidl2/core/tasks_pb.js';
import { taskContainer } from './container.ts';

const of = (template: MessageInitShape<typeof TaskTemplateSchema>) =>
  taskContainer(create(TaskTemplateSchema, template));

test('a container gives its command and environment', () => {
  const value = { image: 'i', command: ['a'], args: ['b'], env: [{ key: 'K', value: 'v' }] };
  expect(of({ target: { case: 'container', value } })).toEqual({
    image: 'i',
    command: ['a', 'b'],
    environment: { K: 'v' },
  });
});

test('a pod gives those of its primary container', () => {
  const podSpec: JsonObject = {
    containers: [
      { name: 'side', command: ['no'] },
      {
        name: 'main',
        image: 'i',
        args: ['a0', '--x'],
        env: [
          { name: 'K', value: 'v' },
          { name: 'F', valueFrom: {} },
        ],
      },
    ],
  };
  const pod = { image: 'i', command: ['a0', '--x'], environment: { K: 'v' } };
  expect(of({ target: { case: 'k8sPod', value: { podSpec, primaryContainerName: 'main' } } })).toEqual(pod);
  const config = { primary_container_name: 'main' };
  expect(of({ config, target: { case: 'k8sPod', value: { podSpec } } })).toEqual(pod);
});

test('without a command there is nothing to run', () => {
  expect(of({ target: { case: 'container', value: { image: 'i' } } })).toBeUndefined();
  expect(of({ target: { case: 'k8sPod', value: { podSpec: { containers: 'x' } } } })).toBeUndefined();
  expect(of({ target: { case: 'sql', value: { statement: 'select 1' } } })).toBeUndefined();
  expect(taskContainer(undefined)).toBeUndefined();
});

import { create } from '@bufbuild/protobuf';
import { type TaskSpec, TaskSpecSchema } from '../src/gen/flyteidl2/task/task_definition_pb.js';
import type { Options } from './options.ts';

/**
 * A task that need not be deployed: what to run travels with the request. Where the service executes runs it is a process that works long
 * enough to be stopped; elsewhere it is recorded only.
 */
export function helloTask({ org, project, domain }: Options): TaskSpec {
  return create(TaskSpecSchema, {
    shortName: 'hello',
    taskTemplate: {
      id: { org, project, domain, name: 'examples.hello', version: 'v1' },
      type: 'python',
      metadata: { retries: { retries: 2 } },
      target: {
        case: 'container',
        value: { image: 'alpine', args: ['sh', '-c', 'echo hello; sleep 60'] },
      },
    },
  });
}

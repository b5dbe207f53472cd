import { create, fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { EnrichedIdentitySchema } from '../gen/flyteidl2/common/identity_pb.js';
import { RelationSchema } from '../gen/flyteidl2/common/run_pb.js';
import { TaskIdentifierSchema, TaskSpecSchema } from '../gen/flyteidl2/task/task_definition_pb.js';
import { ActionMetadataSchema, ActionType } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { type ActionSpecRecord, actionMetadata, taskSpecRecord } from './action-spec.ts';

const taskSpec = () =>
  create(TaskSpecSchema, {
    taskTemplate: { id: { project: 'p', domain: 'd', name: 'pkg.train', version: 'v1' }, type: 'python' },
    environment: { name: 'env' },
  });
const taskId = (version = 'v2') =>
  create(TaskIdentifierSchema, { project: 'p', domain: 'd', name: 'pkg.other', version });

const says = ({ taskSpec, ...rest }: ActionSpecRecord) => ({ ...rest, digest: taskSpec?.digest });

test('a spec that nobody can change says the same of the same task and queue', () => {
  const spec = Object.freeze(taskSpec());
  const record = taskSpecRecord(spec, taskId(), 'q');
  expect(taskSpecRecord(spec, taskId(), 'q')).toBe(record);
  expect(says(record)).toEqual(says(taskSpecRecord(taskSpec(), taskId(), 'q')));
  for (const [id, queue] of [
    [taskId('v3'), 'q'],
    [taskId(), 'other'],
    [undefined, 'q'],
  ] as const) {
    expect(says(taskSpecRecord(spec, id, queue))).toEqual(says(taskSpecRecord(taskSpec(), id, queue)));
  }
});

test('what a spec said stays when the identity that came with it is changed', () => {
  const spec = Object.freeze(taskSpec());
  const id = taskId();
  const record = taskSpecRecord(spec, id);
  id.version = 'v9';
  expect(record.taskId?.version).toBe('v2');
  expect(taskSpecRecord(spec, id).taskId?.version).toBe('v9');
});

test('the metadata say what the action is and where it stands', () => {
  const record = taskSpecRecord(taskSpec(), undefined, 'q');
  const executedBy = create(EnrichedIdentitySchema, {
    principal: { case: 'user', value: { id: { subject: 'alice' } } },
  });
  const relation = create(RelationSchema, { relationType: 1 });
  for (const [parent, group] of [
    ['a0', ''],
    ['a1', 'g'],
    ['', ''],
  ] as const) {
    const bytes = actionMetadata(record, { parent, group, executedBy }, { relation });
    expect(fromBinary(ActionMetadataSchema, bytes)).toEqual(
      create(ActionMetadataSchema, {
        parent,
        group,
        executedBy,
        relation,
        actionType: ActionType.TASK,
        environmentName: 'env',
        funtionName: 'train',
        spec: {
          case: 'task',
          value: {
            id: { project: 'p', domain: 'd', name: 'pkg.train', version: 'v1' },
            taskType: 'python',
            shortName: 'train',
            queue: 'q',
          },
        },
      }),
    );
  }
});

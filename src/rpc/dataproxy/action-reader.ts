import { fromBinary } from '@bufbuild/protobuf';
import { OutputReferencesSchema } from '../../gen/flyteidl2/task/common_pb.js';
import { TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import type { Db } from '../../repository/dialects/dialect.ts';
import { storedKey } from '../../repository/write/commands/find.ts';
import type { Organizations } from '../../runs/identity.ts';
import type { ActionReader } from './deps.ts';

/** Reads what is recorded about an attempt's files, whether the run is tracked or not. */
export function createActionReader(reader: Db, organizations: Organizations): ActionReader {
  return {
    async attemptFiles({ run, name }, attempt) {
      const stored = storedKey(organizations, run);
      const row = await reader
        .selectFrom('action_attempts')
        .innerJoin('actions', 'actions.id', 'action_attempts.action_id')
        .innerJoin('runs', 'runs.id', 'actions.run_id')
        .leftJoin('task_specs', 'task_specs.digest', 'actions.task_spec_digest')
        .select(['action_attempts.outputs', 'task_specs.spec'])
        .where('runs.org_key', '=', stored.org_key)
        .where('runs.project', '=', stored.project)
        .where('runs.domain', '=', stored.domain)
        .where('runs.name', '=', stored.name)
        .where('actions.name', '=', name)
        .where('action_attempts.attempt_number', '=', attempt)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const outputs = row.outputs === null ? undefined : fromBinary(OutputReferencesSchema, row.outputs);
      return {
        outputUri: outputs?.outputUri ?? '',
        reportUri: outputs?.reportUri ?? '',
        taskSpec: row.spec === null ? undefined : fromBinary(TaskSpecSchema, row.spec),
      };
    },
  };
}

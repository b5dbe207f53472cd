import { fromBinary } from '@bufbuild/protobuf';
import { OutputReferencesSchema } from '../../gen/flyteidl2/task/common_pb.js';
import { TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { RunSource } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import type { Db } from '../../repository/dialects/dialect.ts';
import { findTask, requireTaskVersion, type StoredTaskKey } from '../../repository/tasks.ts';
import { findTrigger, triggerNotFound } from '../../repository/triggers.ts';
import { actionNotFound, runNotFound, storedKey } from '../../repository/write/commands/find.ts';
import { type ActionKey, type Organizations, orgKey } from '../../runs/identity.ts';
import { fileUri, outputsUri } from '../run/action-files.ts';
import type { ActionReader } from './deps.ts';

/** Reads what is recorded about the files of actions, whether the run is tracked or not, and the tasks that requests name. */
export function createActionReader(reader: Db, organizations: Organizations): ActionReader {
  const ofAction = ({ run, name }: ActionKey) => {
    const stored = storedKey(organizations, run);
    return reader
      .selectFrom('actions')
      .innerJoin('runs', 'runs.id', 'actions.run_id')
      .where('runs.org_key', '=', stored.org_key)
      .where('runs.project', '=', stored.project)
      .where('runs.domain', '=', stored.domain)
      .where('runs.name', '=', stored.name)
      .where('actions.name', '=', name);
  };

  async function taskSpec(key: StoredTaskKey) {
    const task = await findTask(reader, key);
    if (task !== undefined) return fromBinary(TaskSpecSchema, task.spec);
    await requireTaskVersion(reader, key, key.version);
    // Somebody has just deployed it.
    return taskSpec(key);
  }

  return {
    async attemptFiles(action, attempt) {
      const row = await ofAction(action)
        .innerJoin('action_attempts', 'action_attempts.action_id', 'actions.id')
        .leftJoin('task_specs', 'task_specs.digest', 'actions.task_spec_digest')
        .select(['action_attempts.outputs', 'task_specs.spec'])
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

    async actionData(action, source) {
      const row = await ofAction(action)
        .leftJoin('action_inputs', 'action_inputs.action_id', 'actions.id')
        .select(['actions.id', 'actions.task_spec_digest', 'actions.input_uri', 'runs.kind'])
        .select('action_inputs.inputs')
        .executeTakeFirst();
      if (row === undefined) throw actionNotFound(action);
      const tracked = row.kind === 'TRACKED';
      if (source !== RunSource.UNSPECIFIED && tracked !== (source === RunSource.TRACKED)) {
        throw runNotFound(tracked ? 'RUN' : 'TRACKED', action.run);
      }
      return {
        tracked,
        task: row.task_spec_digest !== null,
        inputs: row.inputs ?? undefined,
        inputsUri: row.input_uri ? fileUri(row.input_uri, 'inputs.pb') : '',
        outputsUri: await outputsUri(reader, row.id),
      };
    },

    deployedTask: ({ org, project, domain, name, version }) =>
      taskSpec({ org_key: orgKey(organizations, org), project, domain, name, version }),

    async taskOfTrigger({ org, project, domain, taskName, name }) {
      const key = { org_key: orgKey(organizations, org), project, domain, task_name: taskName };
      const trigger = await findTrigger(reader, { ...key, name });
      if (trigger === undefined) throw triggerNotFound({ ...key, name });
      return taskSpec({ ...key, name: taskName, version: trigger.task_version });
    },
  };
}

import { Buffer } from 'node:buffer';
import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { InputsSchema } from '../../gen/flyteidl2/task/common_pb.js';
import { RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import { TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { RunSource } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import {
  type CreateRunResponse,
  CreateRunResponseSchema,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { runMessage } from '../../repository/read/run-message.ts';
import { readSnapshot } from '../../repository/read/snapshot.ts';
import type { Row } from '../../repository/schema.ts';
import { createRun, type NewRun } from '../../repository/write/commands/create-run.ts';
import { alreadyExists } from '../../runs/errors.ts';
import { runText } from '../../runs/identity.ts';
import { quote } from '../../runs/names.ts';
import type { RunDeps } from './deps.ts';

/**
 * Creates the run and answers it. If the name is taken by a run of the same meaning, that run is answered, so that a retry is safe;
 * otherwise throws already_exists.
 */
export async function submitRun(deps: RunDeps, run: NewRun): Promise<CreateRunResponse> {
  const { created, run: row } = await deps.writer.submit(createRun(run));
  if (!created) {
    const difference = row.kind === run.kind ? await differenceFrom(deps, row, run) : 'kind';
    if (difference !== undefined) {
      throw alreadyExists(
        `run ${quote(runText(run.key))} exists already, with another ${difference}; choose another name`,
      );
    }
  }
  return create(CreateRunResponseSchema, { run: runMessage(row) });
}

/** In what the run that exists differs from the requested one; undefined if it means the same. Nothing of this ever changes in a run. */
function differenceFrom(deps: RunDeps, row: Row<'runs'>, run: NewRun): Promise<string | undefined> {
  return readSnapshot(deps.dialect, async (db) => {
    if (row.source !== RunSource[run.source]) return 'source';
    if (!sameMessage(RunSpecSchema, row.run_spec, toBinary(RunSpecSchema, run.runSpec))) return 'run spec';
    const root = await db
      .selectFrom('actions')
      .leftJoin('action_inputs', 'action_inputs.action_id', 'actions.id')
      .leftJoin('task_specs', 'task_specs.digest', 'actions.task_spec_digest')
      .select([
        'actions.input_uri',
        'actions.inputs_hash',
        'action_inputs.inputs',
        'task_specs.digest',
        'task_specs.spec',
      ])
      .where('actions.run_id', '=', row.id)
      .where('actions.name', '=', row.root_action_name)
      .executeTakeFirstOrThrow();
    if (root.input_uri !== (run.inputUri ?? null) || root.inputs_hash !== (run.inputsHash ?? null))
      return 'offloaded inputs';
    const task = run.spec.taskSpec;
    if (root.digest !== task?.digest && !sameMessage(TaskSpecSchema, root.spec, task?.bytes ?? null))
      return 'task';
    if (!sameMessage(InputsSchema, root.inputs, run.inputs ?? null)) return 'inputs';
    return undefined;
  });
}

/** Whether two encoded messages mean the same: maps may stand in any order on the wire, and no NaN equals another one. */
function sameMessage(
  schema: typeof RunSpecSchema | typeof TaskSpecSchema | typeof InputsSchema,
  a: Uint8Array | null,
  b: Uint8Array | null,
): boolean {
  if (a === null || b === null) return a === b;
  if (Buffer.compare(a, b) === 0) return true;
  return equals(schema, fromBinary(schema, a), fromBinary(schema, b));
}

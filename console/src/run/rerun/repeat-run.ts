import { clone, create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { RelationSchema, RelationType } from '../../../../src/gen/flyteidl2/common/run_pb.js';
import { type Inputs, InputsSchema } from '../../../../src/gen/flyteidl2/task/common_pb.js';
import {
  CacheConfigSchema,
  RecoverSchema,
  type RunSpec,
  RunSpecSchema,
} from '../../../../src/gen/flyteidl2/task/run_pb.js';
import type { TaskIdentifier } from '../../../../src/gen/flyteidl2/task/task_definition_pb.js';
import { type RunDetails, RunSource } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { taskClient } from '../../api/task-client.ts';
import { dataClient } from '../../api/data-client.ts';
import { startRun } from '../../api/start-run.ts';
import type { RunPageContext } from '../run-context.ts';

/** How a run is to be repeated. */
export interface Repeat {
  /** `recover` takes over what succeeded before. */
  readonly how: 'rerun' | 'recover';
  /** Instead of those of the run. */
  readonly inputs?: Inputs;
  /** Else the service makes one up. */
  readonly name?: string;
  /** Whether results in the cache are passed over and replaced. */
  readonly overwriteCache?: boolean;
}

/** Inputs of the run, as values. */
export async function inputsOf(
  { id, kind }: RunPageContext,
  action = 'a0',
  signal?: AbortSignal,
): Promise<Inputs> {
  const source = kind === 'tracked-runs' ? RunSource.TRACKED : RunSource.UNSPECIFIED;
  const { inputs } = await dataClient.getActionData(
    { actionId: { run: id, name: action }, runSource: source },
    signal === undefined ? {} : { signal },
  );
  return inputs ?? create(InputsSchema);
}

/** Starts the task of a run again, with its spec; answers the name of the new run. */
export async function repeatRun(run: RunPageContext, details: RunDetails, repeat: Repeat): Promise<string> {
  const spec = details.action?.spec;
  if (spec?.case !== 'task') throw new Error('Only runs of tasks can be repeated.');
  const inputs = repeat.inputs ?? (await inputsOf(run, details.action?.id?.name));
  const deployed = await deployedTask(details);
  const task =
    deployed === undefined
      ? ({ case: 'taskSpec', value: spec.value } as const)
      : ({ case: 'taskId', value: deployed } as const);
  return startRun({
    scope: run.scope,
    name: repeat.name ?? '',
    task,
    inputs,
    runSpec: specFor(run, details.runSpec, repeat),
  });
}

/** The run's task, if it is deployed: then the new run belongs to it, too. Other tasks exist in the specs of their runs only. */
async function deployedTask(details: RunDetails): Promise<TaskIdentifier | undefined> {
  const metadata = details.action?.metadata?.spec;
  const taskId = metadata?.case === 'task' ? metadata.value.id : undefined;
  if (taskId === undefined || taskId.name === '' || taskId.version === '' || taskId.project === '')
    return undefined;
  try {
    await taskClient.getTaskDetails({ taskId });
    return taskId;
  } catch (error) {
    if (ConnectError.from(error).code === Code.NotFound) return undefined;
    throw error;
  }
}

/** The spec of the run, but for where it came from: that is this run now. */
function specFor(run: RunPageContext, before: RunSpec | undefined, { how, overwriteCache }: Repeat): RunSpec {
  const spec = before === undefined ? create(RunSpecSchema) : clone(RunSpecSchema, before);
  spec.relation = create(RelationSchema, {
    relatedTo: run.id,
    relationType: how === 'recover' ? RelationType.RECOVER : RelationType.RERUN,
  });
  delete spec.relatedTo;
  delete spec.recover;
  delete spec.runStartTime;
  if (how === 'recover') spec.recover = create(RecoverSchema);
  if (overwriteCache === true) {
    spec.overwriteCache = true;
    spec.cacheConfig ??= create(CacheConfigSchema);
    spec.cacheConfig.overwriteCache = true;
  }
  return spec;
}

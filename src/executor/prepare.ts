import { join } from 'node:path';
import type { Logger } from '../logger.ts';
import type { ExecutionTask } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import { DomainError } from '../runs/errors.ts';
import { timestampOf } from '../runs/instant.ts';
import { storeInputs } from '../storage/inline-inputs.ts';
import type { Storage } from '../storage/storage.ts';
import { fillIn, type TemplateValues } from './command-line.ts';
import { taskContainer } from './container.ts';
import { InterpreterError, type Interpreters } from './interpreters.ts';
import { type Failure, systemFailure } from './outcome.ts';
import { outputPrefix, runBase } from './places.ts';
import { type TaskEndpoint, taskEnvironment } from './task-environment.ts';
import type { TaskCommand } from './wrapper.ts';

/** What preparing a task's command works with. */
export interface PrepareDeps {
  readonly storage: Pick<Storage, 'nativeUrl' | 'write' | 'resolve'>;
  readonly interpreters: Interpreters;
  /** How tasks reach this service, as soon as it is known. */
  readonly endpoint: () => TaskEndpoint;
  /** Settings of this machine that tasks get. */
  readonly machine: Readonly<Record<string, string>>;
  /** What tasks need to reach the storage. */
  readonly storageEnvironment: () => Promise<Readonly<Record<string, string>>>;
  /** The secrets that a task asks for, as variables. Throws a DomainError for one that is not there. */
  readonly secrets?: ((task: ExecutionTask) => Promise<Record<string, string>>) | undefined;
  /** The variables that the settings of the task's project and domain give it. */
  readonly settings?: ((task: ExecutionTask) => Promise<Readonly<Record<string, string>>>) | undefined;
  readonly logger: Logger;
}

/** A reason why a task can't be started here, whatever is tried. */
export class UnfitTask extends Error {
  readonly failure: Failure;

  constructor(code: string, message: string) {
    super(message);
    this.failure = { code, message, kind: 'USER', retry: 'never' };
  }
}

/** The URI of the folder of a run's results: one that the run names, if it lies in the storage, or the usual one. */
export function runBaseUri(
  storage: Pick<PrepareDeps['storage'], 'resolve' | 'nativeUrl'>,
  task: Pick<ExecutionTask, 'runSpec' | 'key' | 'stored' | 'runCreatedAt'>,
): string {
  const named = task.runSpec.runBaseDir;
  if (named !== '' && storage.resolve(named) !== undefined)
    return `${named.replace(/\/+$/, '')}/${task.key.run.name}`;
  return storage.nativeUrl(runBase({ stored: task.stored, createdAt: task.runCreatedAt }));
}

/** Makes everything that an attempt needs before its process, besides its folder: inputs, interpreter, command, environment. */
export async function prepareCommand(
  deps: PrepareDeps,
  task: ExecutionTask,
  row: Row<'executions'>,
): Promise<TaskCommand> {
  const { key, taskSpec, runSpec } = task;
  const template = taskSpec.taskTemplate;
  const container = taskContainer(template);
  if (container === undefined) {
    throw new UnfitTask(
      'NoCommand',
      `task ${JSON.stringify(template?.id?.name ?? '')} names no command that could run as a process of this machine`,
    );
  }
  const { folder, token, output_prefix: results } = row;
  if (folder === null || token === null || results === null) throw new Error('the attempt has no folder yet');
  const base = runBaseUri(deps.storage, task);
  const binFolder = await deps.interpreters.binFolder(template, container.image);
  const secrets = (await deps.secrets?.(task)) ?? {};
  const values: TemplateValues = {
    input: await inputsFile(deps, task),
    outputPrefix: results,
    rawOutputDataPrefix: rawPrefix(task, row, results),
    checkpointOutputPrefix: `${results}/_flytecheckpoints`,
    prevCheckpointPrefix:
      row.attempt > 1 ? `${outputPrefix(base, key.name, row.attempt - 1)}/_flytecheckpoints` : '',
    runName: key.run.name,
    actionName: key.name,
    runStartTime: isoTime(task),
    namespace: `${key.run.project}-${key.run.domain}`,
    perRetryUniqueKey: `${key.run.name}_${key.name}_${row.attempt - 1}`,
  };
  return {
    folder,
    token,
    argv: fillIn(container.command, values),
    environment: taskEnvironment({
      identity: {
        ...key.run,
        runName: key.run.name,
        actionName: key.name,
        attempt: row.attempt,
        runBase: base,
      },
      endpoint: deps.endpoint(),
      home: join(folder, 'home'),
      binFolder,
      machine: deps.machine,
      storage: await deps.storageEnvironment(),
      settings: (await deps.settings?.(task)) ?? {},
      container: container.environment,
      run: Object.fromEntries((runSpec.envs?.values ?? []).map((one) => [one.key, one.value])),
      secrets,
    }),
  };
}

/** Why nothing could be started, as a failure of the attempt. */
export function failureToStart(error: unknown): Failure {
  if (error instanceof UnfitTask) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof DomainError && error.code !== 'unavailable' && error.code !== 'resource_exhausted') {
    // Something that the task asks for, such as a secret, is not as it should be: trying again does not help.
    return { code: error.code, message, kind: 'USER', retry: 'never' };
  }
  return error instanceof InterpreterError
    ? systemFailure('InterpreterFailed', `the interpreter for the task could not be made: ${message}`)
    : systemFailure('StartFailed', `the task could not be started: ${message}`);
}

async function inputsFile({ storage }: PrepareDeps, task: ExecutionTask): Promise<string> {
  const { inputUri, inputs } = task;
  if (inputUri !== null)
    return inputUri.endsWith('.pb') ? inputUri : `${inputUri.replace(/\/+$/, '')}/inputs.pb`;
  return storeInputs(storage, inputs ?? new Uint8Array());
}

function rawPrefix({ runSpec, key }: ExecutionTask, row: Row<'executions'>, results: string): string {
  const wanted = runSpec.rawDataStorage?.rawDataPrefix;
  if (!wanted) return `${results}/raw`;
  return outputPrefix(`${wanted.replace(/\/+$/, '')}/${key.run.name}`, key.name, row.attempt);
}

function isoTime({ runSpec, runCreatedAt }: ExecutionTask): string {
  const { seconds, nanos } = runSpec.runStartTime ?? timestampOf(runCreatedAt);
  const micros = String(Math.trunc(nanos / 1000)).padStart(6, '0');
  return new Date(Number(seconds) * 1000).toISOString().replace(/\.\d+Z$/, `.${micros}+00:00`);
}

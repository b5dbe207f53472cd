import type { HandlerContext } from '@connectrpc/connect';
import type { TriggerName } from '../../gen/flyteidl2/common/identifier_pb.js';
import type { RunSource } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import type { TaskIdentifier, TaskSpec } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { type ActionKey, type Organizations, orgKey } from '../../runs/identity.ts';
import { invalidArgument } from '../../runs/errors.ts';
import type { Storage } from '../../storage/storage.ts';

/** What is recorded about the files of one attempt. */
export interface AttemptFiles {
  /** The outputs file of the attempt or the folder that holds it; empty while it has none. */
  readonly outputUri: string;
  /** Empty where the attempt reported none. */
  readonly reportUri: string;
  /** The task that the action runs; undefined for traces and conditions. */
  readonly taskSpec?: TaskSpec | undefined;
}

/** What is recorded about the inputs and outputs of an action. */
export interface ActionData {
  readonly tracked: boolean;
  /** Whether the action runs a task, as opposed to a trace or a condition. */
  readonly task: boolean;
  /** Inputs that came with the request, as wire bytes of `task.Inputs`. */
  readonly inputs: Uint8Array | undefined;
  /** The file of inputs that were uploaded before; empty where none was named. */
  readonly inputsUri: string;
  /** The outputs file of the newest attempt that has one; empty while there is none. */
  readonly outputsUri: string;
}

/** What the data proxy reads about actions and tasks. */
export interface ActionReader {
  /** Undefined if there is no such action, or no such attempt of it. Attempts count from 1. */
  attemptFiles(action: ActionKey, attempt: number): Promise<AttemptFiles | undefined>;
  /**
   * The data of an action of either kind of run; a source other than RUN_SOURCE_UNSPECIFIED says which kind is meant. Throws not_found
   * if there is none.
   */
  actionData(action: ActionKey, source: RunSource): Promise<ActionData>;
  /** A deployed task. Throws not_found if there is none of this version. */
  deployedTask(id: TaskIdentifier): Promise<TaskSpec>;
  /** The task that a trigger starts. Throws not_found if there is no such trigger. */
  taskOfTrigger(name: TriggerName): Promise<TaskSpec>;
}

/** What the data proxy works with. */
export interface DataProxyDeps {
  readonly storage: Storage;
  readonly actions: ActionReader;
  /** Throws not_found or failed_precondition with a sentence unless runs may be created in that project and domain. */
  readonly requireProject: (org: string, project: string, domain: string) => Promise<void>;
  readonly organizations: Organizations;
  /** Bytes of inputs or outputs that one answer may carry. */
  readonly maxDataBytes: number;
  /** The configured address; without one, signed URLs begin with the address that the request was sent to. */
  readonly publicUrl?: string | undefined;
}

/** What signed URLs of an answer begin with. */
export function baseUrlFor(deps: DataProxyDeps, context: HandlerContext): string {
  return deps.publicUrl ?? new URL(context.url).origin;
}

/** The organization's part of paths: empty where organizations are shared. Throws invalid_argument where one must be named. */
export function pathOrganization(deps: DataProxyDeps, org: string): string {
  if (org === '' && deps.organizations === 'separate') {
    throw invalidArgument('org must be set: this service keeps organizations apart');
  }
  return orgKey(deps.organizations, org);
}

import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { Filter_Function } from '../../src/gen/flyteidl2/common/list_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import type { Literal } from '../../src/gen/flyteidl2/core/literals_pb.js';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { TaskService } from '../../src/gen/flyteidl2/task/task_service_pb.js';
import { TriggerService } from '../../src/gen/flyteidl2/trigger/trigger_service_pb.js';
import type { Action, ActionDetails } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import type { Flyte } from './flyte.ts';

const END_TIMEOUT_MS = 120_000;

/** What a task answered: text, numbers, truth, lists of these; undefined for what checks don't look into. */
export type Value = string | number | boolean | undefined | Value[];

/** One service, one project in it, and the SDK's command line: where journeys happen. */
export class Place {
  readonly flyte: Flyte;
  readonly project = 'e2e';
  readonly domain = 'development';
  /** HOST:PORT */
  readonly endpoint: string;
  readonly runs;
  readonly data;
  readonly tasks;
  readonly triggers;

  constructor(url: string, flyte: Flyte) {
    const transport = createConnectTransport({ baseUrl: url, httpVersion: '2' });
    this.flyte = flyte;
    this.endpoint = new URL(url).host;
    this.runs = createClient(RunService, transport);
    this.data = createClient(DataProxyService, transport);
    this.tasks = createClient(TaskService, transport);
    this.triggers = createClient(TriggerService, transport);
  }

  /** The options that commands need to find this project. */
  get where(): string[] {
    return ['--project', this.project, '--domain', this.domain];
  }

  /** `flyte run --name RUN tasks.py TASK ARGS`; `FILE.py:TASK` names another file. */
  start(run: string, task: string, args: readonly string[] = [], options: readonly string[] = []) {
    const [name = '', file = 'tasks.py'] = task.split(':').reverse();
    const command = ['run', ...this.where, '--name', run, ...options, file, name, ...args];
    return this.flyte.ok(command, new RegExp(`Created Run: ${run}\\b`));
  }

  /** Starts a run and waits for its end. */
  async finish(run: string, task: string, args?: readonly string[], options?: readonly string[]) {
    await this.start(run, task, args, options);
    return this.ended(run);
  }

  runId(run: string) {
    return { org: 'e2e', project: this.project, domain: this.domain, name: run };
  }

  actionId(run: string, name: string) {
    return { run: this.runId(run), name };
  }

  /** The action's details once they satisfy `condition`; rejects if the action ends, or 120 s pass, without that. */
  async until(run: string, name: string, condition: (details: ActionDetails) => boolean) {
    let last: ActionDetails | undefined;
    const request = { actionId: this.actionId(run, name) };
    const found = await firstOf(
      (options) => this.runs.watchActionDetails(request, options),
      ({ details }) => {
        last = details;
        return details !== undefined && condition(details) ? details : undefined;
      },
    );
    if (found !== undefined) return found;
    throw new Error(`${run}/${name} ended as ${ActionPhase[last?.status?.phase ?? 0]}: ${failure(last)}`);
  }

  /** The details of an action that has ended. */
  ended(run: string, name = 'a0'): Promise<ActionDetails> {
    return this.until(run, name, (details) => details.status?.endTime !== undefined);
  }

  /** All actions of a run. */
  async actions(run: string): Promise<Action[]> {
    const { actions } = await this.runs.listActions({ runId: this.runId(run), request: { limit: 1000 } });
    return actions;
  }

  /** `python sdk.py … WHAT ARGS`, and what it has to print. */
  sdk(says: RegExp, what: string, ...args: string[]): Promise<string> {
    return this.flyte.script(['sdk.py', this.endpoint, this.project, this.domain, what, ...args], says);
  }

  /** The name of the action that is a condition of this name, once somebody can signal it. */
  async conditionOf(run: string, condition: string): Promise<string> {
    const found = await this.#inTree(run, ({ metadata, status }) => {
      const spec = metadata?.spec;
      return spec?.case === 'condition' && spec.value.name === condition && status?.endTime === undefined;
    });
    return found.id?.name ?? '';
  }

  /** The processes that so many actions of one task named in their logs, and those actions' own children. */
  async pidsOf(run: string, task: string, count: number): Promise<number[]> {
    const running = async () => (await this.named(run, task)).filter((one) => phaseOf(one) === 'RUNNING');
    await this.#inTree(
      run,
      () => true,
      async () => (await running()).length === count,
    );
    const pids: number[] = [];
    for (const { id } of await running())
      pids.push(Number(await this.#logged(run, id?.name ?? '', /process (\d+)/)));
    return pids;
  }

  /** The name of a run that a trigger started, once there is one. */
  async startedBy(trigger: string): Promise<string> {
    const target = {
      case: 'projectId',
      value: { organization: 'e2e', name: this.project, domain: this.domain },
    } as const;
    const name = await firstOf(
      (options) => this.runs.watchRuns({ target }, options),
      async () => {
        const filters = [{ function: Filter_Function.EQUAL, field: 'trigger_name', values: [trigger] }];
        const { runs } = await this.runs.listRuns({ request: { filters }, scopeBy: target });
        return runs[0]?.action?.id?.run?.name;
      },
    );
    if (name === undefined) throw new Error(`trigger ${trigger} started nothing`);
    return name;
  }

  /** The actions that run a task, or a trace, of this name. */
  async named(run: string, short: string): Promise<Action[]> {
    const nameOf = ({ metadata }: Action) => {
      const spec = metadata?.spec;
      return spec?.case === 'task' ? spec.value.shortName : spec?.value?.name;
    };
    return (await this.actions(run)).filter((action) => nameOf(action) === short);
  }

  /** What an action answered. */
  async output(run: string, name = 'a0'): Promise<Value> {
    const { outputs } = await this.data.getActionData({ actionId: this.actionId(run, name) });
    return answerOf(outputs?.literals[0]?.value);
  }

  /** What the first group of a pattern matches in the log of an action, as soon as a line does. */
  async #logged(run: string, name: string, pattern: RegExp): Promise<string> {
    const request = { actionId: this.actionId(run, name), attempt: 1 };
    const found = await firstOf(
      (options) => this.data.tailLogs(request, options),
      ({ logs }) => {
        const lines = logs.flatMap((one) => one.lines).map(({ message }) => pattern.exec(message)?.[1]);
        return lines.find((one) => one !== undefined);
      },
    );
    if (found === undefined) throw new Error(`the log of ${run}/${name} has no ${pattern}`);
    return found;
  }

  /** An action of a running tree, as soon as there is one like that, and `also` holds. */
  async #inTree(run: string, wanted: (action: Action) => boolean, also = async () => true): Promise<Action> {
    const found = await firstOf(
      (options) => this.runs.watchActions({ runId: this.runId(run) }, options),
      async ({ enrichedActions }) => {
        const actions = enrichedActions.flatMap((one) => one.action ?? []);
        const action = actions.find(wanted);
        if (action && (await also())) return action;
        const root = actions.find(({ id }) => id?.name === 'a0');
        if (root?.status?.endTime) throw new Error(`run ${run} has ended as ${phaseOf(root)}`);
        return undefined;
      },
    );
    if (found === undefined) throw new Error(`run ${run} is watched no more`);
    return found;
  }
}

/** The first answer that `look` finds in a stream, which is closed then; undefined if it ends without one. */
async function firstOf<M, T>(
  open: (options: { signal: AbortSignal }) => AsyncIterable<M>,
  look: (message: M) => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  const stop = new AbortController();
  try {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(END_TIMEOUT_MS)]);
    for await (const message of open({ signal })) {
      const found = await look(message);
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    stop.abort();
  }
}

/** The phase by its short name. */
export function phaseOf(action: Action | ActionDetails | undefined): string {
  return ActionPhase[action?.status?.phase ?? 0] ?? '';
}

/** Why an action failed; empty if it did not. */
export function failure(details: ActionDetails | undefined): string {
  return details?.result.case === 'errorInfo' ? details.result.value.message : '';
}

function answerOf(literal: Literal | undefined): Value {
  const { value } = literal ?? {};
  if (value?.case === 'collection') return value.value.literals.map(answerOf);
  if (value?.case !== 'scalar' || value.value.value.case !== 'primitive') return undefined;
  const { value: primitive } = value.value.value.value;
  return typeof primitive.value === 'bigint' ? Number(primitive.value) : (primitive.value as Value);
}

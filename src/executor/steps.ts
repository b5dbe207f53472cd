import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import {
  type ActionPlaceKey,
  type ExecutionTask,
  hasUnfinishedChildren,
  readExecutionTask,
} from '../repository/read/execution-task.ts';
import type { Command } from '../repository/write/command.ts';
import { abortTree } from '../repository/write/commands/abort.ts';
import { dismissExecution, endExecution, type ExecutionEnd } from '../repository/write/commands/execution.ts';
import type { GroupCommit } from '../repository/write/group-commit.ts';
import type { Clock } from '../runs/instant.ts';
import { isTerminal } from '../runs/phase.ts';
import type { Storage } from '../storage/storage.ts';
import { endByEvidence, endByTime, type RetryPolicy } from './decide.ts';
import type { ExecutorMetrics, HookPoint, Live } from './live.ts';
import { readEvidence } from './outcome.ts';
import { Gone, persist, Stopped } from './persist.ts';
import { endAll } from './task-process.ts';

/** What carrying attempts to their end works with. */
export interface StepDeps extends RetryPolicy {
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly metrics: ExecutorMetrics;
  readonly logger: Logger;
  /** Milliseconds between two looks at a process that another executor started. */
  readonly lookMs: number;
  readonly stop: AbortSignal;
  readonly hook: (point: HookPoint, live: Live) => Promise<void>;
}

/** The steps of an attempt that its kinds of beginning have in common: each is tried until it succeeds, or throws Gone or Stopped. */
export class Steps {
  readonly #deps: StepDeps;

  constructor(deps: StepDeps) {
    this.#deps = deps;
  }

  /** What is to run. */
  async task(live: Live): Promise<ExecutionTask> {
    const { dialect } = this.#deps;
    const task = await this.persist(() => readExecutionTask(dialect.reader, live.actionId));
    if (task === undefined) throw new Gone();
    return task;
  }

  /** Ends what is left of the processes, and the attempt by what it left behind. */
  async finish(live: Live, task: ExecutionTask): Promise<void> {
    const { storage, stop, hook } = this.#deps;
    const { row } = live.held;
    const { folder, token, output_prefix: results } = row;
    if (folder === null || token === null || results === null) return;
    await this.persist(() => endAll({ pid: live.process?.pid ?? row.pid, token }, stop));
    await hook('ended', live);
    const { kill } = live;
    if (kill?.reason === 'action ended') {
      await this.submit(dismissExecution(live.held));
      return;
    }
    const evidence = await this.persist(() =>
      readEvidence(storage, { outputPrefix: results, folder, token }),
    );
    await this.end(live, endByEvidence(this.#deps, task, row, evidence, kill?.reason));
  }

  /** Ends an attempt whose time was up, or whose action was aborted, before there was a process. */
  async endUnstarted(live: Live, task: ExecutionTask): Promise<void> {
    if (live.kill?.reason === 'action ended') await this.submit(dismissExecution(live.held));
    else await this.end(live, endByTime(this.#deps, task, live.held.row, 'deadline'));
  }

  /** Writes down how an attempt ended; no process of it may be left. */
  async end(live: Live, end: ExecutionEnd): Promise<void> {
    const { metrics, hook } = this.#deps;
    const { phase } = await this.submit(endExecution(live.held, end));
    await hook('settled', live);
    if (end.retry !== undefined && !isTerminal(phase)) {
      metrics.retries.inc({ after: end.retry.after });
      return;
    }
    metrics.ends.inc({ phase });
    await this.endOrphans({ actionId: live.actionId, ...live.held });
  }

  /** What is still unfinished below an action that has ended has nobody to report to: it is aborted. */
  async endOrphans({ actionId, key, stored }: ActionPlaceKey & { actionId: number }): Promise<void> {
    const { dialect, writer } = this.#deps;
    if (!(await this.persist(() => hasUnfinishedChildren(dialect.reader, actionId)))) return;
    const reason = `action ${JSON.stringify(key.name)}, which started it, has ended`;
    const abort = { key, stored, kind: 'RUN' as const, reason, by: null };
    await this.persist(() => writer.exclusive(abortTree(dialect, abort)));
  }

  /** Gives a command to the writer. */
  submit<R>(command: Command<R>): Promise<R> {
    return this.persist(() => this.#deps.writer.submit(command));
  }

  /** Does something until it succeeds. */
  persist<R>(work: () => Promise<R>): Promise<R> {
    const { stop, logger } = this.#deps;
    return persist(work, stop, (error) => logger.warn({ err: error }, 'the executor tries again'));
  }

  /** Waits until it is time for another look at a process. */
  async pause(): Promise<void> {
    await sleep(this.#deps.lookMs, undefined, { signal: this.#deps.stop }).catch(() => {
      throw new Stopped();
    });
  }
}

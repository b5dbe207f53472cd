import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { renewToken } from '../repository/executions.ts';
import {
  type ActionPlaceKey,
  type ExecutionTask,
  hasUnfinishedChildren,
  readExecutionTask,
} from '../repository/read/execution-task.ts';
import type { Command } from '../repository/write/command.ts';
import { abortTree } from '../repository/write/commands/abort.ts';
import {
  beginExecution,
  dismissExecution,
  endExecution,
  type ExecutionEnd,
  executionStarted,
} from '../repository/write/commands/execution.ts';
import type { GroupCommit } from '../repository/write/group-commit.ts';
import { taskTimes } from '../runs/execution-limits.ts';
import { actionText } from '../runs/identity.ts';
import type { Clock } from '../runs/instant.ts';
import { isTerminal } from '../runs/phase.ts';
import type { Storage } from '../storage/storage.ts';
import { findCached } from './cached.ts';
import { endByCache, endByEvidence, endByFailure, endByTime, type RetryPolicy } from './decide.ts';
import { beginFields, runFields } from './fields.ts';
import type { ExecutorMetrics, HookPoint, KillReason, Live } from './live.ts';
import { readEvidence } from './outcome.ts';
import { Gone, persist, Stopped, untilStopped } from './persist.ts';
import { attemptFolder, outputPrefix } from './places.ts';
import { failureToStart, type PrepareDeps, prepareCommand, runBaseUri } from './prepare.ts';
import { processStart, survivors } from './process-table.ts';
import { askToEnd, endAll, isAlive } from './task-process.ts';
import { prepareFolder, readWrapperPid, revokeStart, startWrapper } from './wrapper.ts';

/** What running attempts works with. */
export interface RunnerDeps extends RetryPolicy {
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly prepare: PrepareDeps;
  readonly workDir: string;
  readonly metrics: ExecutorMetrics;
  readonly logger: Logger;
  /** Milliseconds between two looks at a process that another executor started. */
  readonly lookMs: number;
  readonly stop: AbortSignal;
  readonly hook: (point: HookPoint, live: Live) => Promise<void>;
}

/**
 * Carries one attempt from its claim to its end. It resolves when nothing is left to do, or when the executor is stopped: then the process
 * runs on, and the next executor finds it by the row and the folder.
 *
 * Why nothing runs twice at the same time. A command is run only by a wrapper that made `started.<token>`; an attempt gets another token
 * only from an executor that made that folder itself, so the old wrapper never runs; and the next attempt is queued only after
 * `endAll` saw that no process of this one is left. Two executors never hold the same row: they claim it by a conditional update, and those
 * that share rows exclude each other by a lock of the kernel.
 */
export class Runner {
  readonly #deps: RunnerDeps;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  /** Runs what was claimed. */
  start(live: Live): Promise<void> {
    return this.#guard(live, () => this.#begin(live));
  }

  /** Takes up what an earlier executor held: its process is found, or its result, or it is started anew if it never began. */
  resume(live: Live): Promise<void> {
    return this.#guard(live, () => this.#resume(live));
  }

  /** Ends an attempt that waited too long for its start. */
  expire(live: Live): Promise<void> {
    return this.#guard(live, async () => {
      const { row } = live.held;
      const task = await this.#task(live);
      const deadline = row.deadline_at !== null && row.deadline_at <= this.#deps.clock();
      await this.#end(live, endByTime(this.#deps, task, row, deadline ? 'deadline' : 'queue'));
    });
  }

  /**
   * Has the processes of an attempt end. Safe at any time; what is not started yet never will be. To be called again until they are gone:
   * one that was forked in between, or just before it took on its own way of ending, has not heard of it.
   */
  async kill(live: Live, reason: KillReason): Promise<void> {
    live.kill ??= { reason, since: this.#deps.clock(), asked: new Set(), forced: false };
    if (live.process !== undefined) await askToEnd(live.process, live.kill.asked);
  }

  /** Ends those by force that did not end when they were asked to. */
  async force(live: Live): Promise<void> {
    if (live.process === undefined || live.kill === undefined || live.kill.forced) return;
    live.kill.forced = true;
    await endAll(live.process, this.#deps.stop).catch(() => {});
  }

  async #guard(live: Live, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Stopped || this.#deps.stop.aborted) return;
      if (!(error instanceof Gone)) throw error;
      const { row } = live.held;
      await endAll({ pid: live.process?.pid ?? row.pid, token: row.token ?? '' }, this.#deps.stop).catch(
        () => {},
      );
    }
  }

  async #begin(live: Live): Promise<void> {
    const { hook, workDir, prepare } = this.#deps;
    await hook('claimed', live);
    const task = await this.#task(live);
    const hit = await this.#persist(() => findCached(this.#deps, task));
    if (hit !== undefined) return this.#end(live, endByCache(hit));
    const { row } = live.held;
    const place = { stored: task.stored, createdAt: task.runCreatedAt, action: task.key.name };
    live.held = {
      ...live.held,
      row: {
        ...row,
        folder: attemptFolder(workDir, { ...place, attempt: row.attempt }),
        output_prefix: outputPrefix(runBaseUri(prepare.storage, task), task.key.name, row.attempt),
      },
    };
    try {
      // Before the row names the folder: one that is named and not there then says that somebody took it away.
      await prepareFolder(live.held.row.folder ?? '');
      const begun = await this.#submit(beginExecution(live.held, beginFields(task)));
      if (isTerminal(begun.phase)) return;
      await hook('begun', live);
      const command = await untilStopped(prepareCommand(prepare, task, live.held.row), this.#deps.stop);
      await hook('prepared', live);
      if (live.kill !== undefined) return await this.#endUnstarted(live, task);
      const wrapper = await startWrapper(command);
      const start = (await processStart(wrapper.pid)) ?? '';
      live.process = { pid: wrapper.pid, start, token: command.token, ended: wrapper.ended };
    } catch (error) {
      if (error instanceof Stopped || error instanceof Gone) throw error;
      const failure = failureToStart(error);
      this.#deps.logger.warn({ err: error, action: actionText(task.key) }, 'a task could not be started');
      return this.#end(live, endByFailure(this.#deps, task, live.held.row, failure));
    }
    await hook('spawned', live);
    await this.#recordStart(live, task);
    await hook('recorded', live);
    await this.#untilEnded(live);
    await this.#finish(live, task);
  }

  async #recordStart(live: Live, task: ExecutionTask): Promise<void> {
    const { process } = live;
    if (process === undefined) return;
    const { maxRuntimeMs } = taskTimes(task.taskSpec);
    const fields = runFields(task, live.held.row, this.#deps.clock());
    const step = await this.#submit(executionStarted(live.held, process, { maxRuntimeMs, fields }));
    live.held = { ...live.held, row: step.row };
    this.#deps.metrics.starts.inc();
    if (isTerminal(step.phase)) await this.kill(live, 'action ended');
    else if (live.kill !== undefined) await this.kill(live, live.kill.reason);
  }

  async #resume(live: Live): Promise<void> {
    const { row } = live.held;
    const { folder, token } = row;
    // Without a folder it was claimed and no more.
    if (folder === null || token === null) return this.#startAnew(live);
    const known =
      row.pid === null || row.pid_start === null
        ? await readWrapperPid(folder, token)
        : { pid: row.pid, start: row.pid_start };
    if (known !== undefined && (await isAlive(known))) return this.#attach(live, known);
    const proof = await this.#persist(() => revokeStart(folder, token));
    if (proof === 'never') return this.#startAnew(live);
    const found = known ?? (await this.#awaitPid(folder, token));
    if (found !== undefined && (await isAlive(found))) return this.#attach(live, found);
    const task = await this.#task(live);
    if (found !== undefined) {
      live.process = { ...found, token, ended: undefined };
      // It ran, and has a log, although nobody was there to write that down.
      if (row.state === 'STARTING') await this.#recordStart(live, task);
    }
    await this.#finish(live, task);
  }

  /** A wrapper that began says at once who it is, unless it died in between: then nothing carries its token any more. */
  async #awaitPid(folder: string, token: string): Promise<{ pid: number; start: string } | undefined> {
    for (;;) {
      const found = await readWrapperPid(folder, token);
      if (found !== undefined || (await survivors(null, token)).length === 0)
        return found ?? (await readWrapperPid(folder, token));
      await this.#pause();
    }
  }

  async #startAnew(live: Live): Promise<void> {
    const { dialect } = this.#deps;
    const row = await this.#persist(() => renewToken(dialect.writer, live.held.row, randomUUID()));
    if (row === undefined) return;
    live.held = { ...live.held, row };
    await this.#begin(live);
  }

  async #attach(live: Live, found: { pid: number; start: string }): Promise<void> {
    const task = await this.#task(live);
    live.process = { ...found, token: live.held.row.token ?? '', ended: undefined };
    if (live.held.row.state === 'RUNNING') {
      if (live.kill !== undefined) await this.kill(live, live.kill.reason);
    } else {
      await this.#recordStart(live, task);
    }
    await this.#deps.hook('recorded', live);
    await this.#untilEnded(live);
    await this.#finish(live, task);
  }

  async #untilEnded({ process }: Live): Promise<void> {
    if (process === undefined) return;
    if (process.ended !== undefined) return untilStopped(process.ended, this.#deps.stop);
    while (await isAlive(process)) await this.#pause();
  }

  async #finish(live: Live, task: ExecutionTask): Promise<void> {
    const { storage, stop, hook } = this.#deps;
    const { row } = live.held;
    const { folder, token, output_prefix: results } = row;
    if (folder === null || token === null || results === null) return;
    await this.#persist(() => endAll({ pid: live.process?.pid ?? row.pid, token }, stop));
    await hook('ended', live);
    const { kill } = live;
    if (kill?.reason === 'action ended') {
      await this.#submit(dismissExecution(live.held));
      return;
    }
    const evidence = await this.#persist(() =>
      readEvidence(storage, { outputPrefix: results, folder, token }),
    );
    await this.#end(live, endByEvidence(this.#deps, task, row, evidence, kill?.reason));
  }

  /** Its time was up, or its action was aborted, before there was a process. */
  async #endUnstarted(live: Live, task: ExecutionTask): Promise<void> {
    if (live.kill?.reason === 'action ended') await this.#submit(dismissExecution(live.held));
    else await this.#end(live, endByTime(this.#deps, task, live.held.row, 'deadline'));
  }

  async #end(live: Live, end: ExecutionEnd): Promise<void> {
    const { metrics, hook } = this.#deps;
    const { phase } = await this.#submit(endExecution(live.held, end));
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
    if (!(await this.#persist(() => hasUnfinishedChildren(dialect.reader, actionId)))) return;
    const reason = `action ${JSON.stringify(key.name)}, which started it, has ended`;
    const abort = { key, stored, kind: 'RUN' as const, reason, by: null };
    await this.#persist(() => writer.exclusive(abortTree(dialect, abort)));
  }

  async #task(live: Live): Promise<ExecutionTask> {
    const { dialect } = this.#deps;
    const task = await this.#persist(() => readExecutionTask(dialect.reader, live.actionId));
    if (task === undefined) throw new Gone();
    return task;
  }

  #submit<R>(command: Command<R>): Promise<R> {
    return this.#persist(() => this.#deps.writer.submit(command));
  }

  #persist<R>(work: () => Promise<R>): Promise<R> {
    const { stop, logger } = this.#deps;
    return persist(work, stop, (error) => logger.warn({ err: error }, 'the executor tries again'));
  }

  async #pause(): Promise<void> {
    await sleep(this.#deps.lookMs, undefined, { signal: this.#deps.stop }).catch(() => {
      throw new Stopped();
    });
  }
}

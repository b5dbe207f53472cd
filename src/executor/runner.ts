import { randomUUID } from 'node:crypto';
import { renewToken } from '../repository/executions.ts';
import type { ActionPlaceKey, ExecutionTask } from '../repository/read/execution-task.ts';
import { beginExecution, executionStarted } from '../repository/write/commands/execution.ts';
import { taskTimes } from '../runs/execution-limits.ts';
import { actionText } from '../runs/identity.ts';
import { isTerminal } from '../runs/phase.ts';
import { findCached } from './cached.ts';
import { endByCache, endByFailure, endByLoss, endByTime } from './decide.ts';
import { beginFields, runFields } from './fields.ts';
import { findProcess, isAlive, type KnownProcess } from './find-process.ts';
import type { KillReason, Live } from './live.ts';
import { readResults } from './outcome.ts';
import { Gone, Stopped, untilStopped } from './persist.ts';
import { attemptFolder, outputPrefix } from './places.ts';
import { failureToStart, type PrepareDeps, prepareCommand, runBaseUri } from './prepare.ts';
import { processStart } from './process-table.ts';
import { type StepDeps, Steps } from './steps.ts';
import { askToEnd, endAll } from './task-process.ts';
import { type LeaseTicket, prepareFolder, startWrapper } from './wrapper.ts';

/** What running attempts works with. */
export interface RunnerDeps extends StepDeps {
  readonly prepare: PrepareDeps;
  readonly workDir: string;
  /** The lease under which processes are started, where executors have one. */
  readonly lease?: LeaseTicket | undefined;
}

/**
 * Carries one attempt from its claim to its end. It resolves when nothing is left to do, or when the executor is stopped: then the process
 * runs on, and the next executor finds it by the row and the folder.
 *
 * Why nothing runs twice at the same time. A command is run only by a wrapper that made `started.<token>`; an attempt gets another token
 * only from an executor that made that folder itself, so the old wrapper never runs; and the next attempt is queued only after
 * `endAll` saw that no process of this one is left. Two executors never hold the same row: they claim it by a conditional update, those
 * that share rows exclude each other by a lock of the kernel, and who takes rows over from another one knows that it has ended its
 * processes (`Lease`).
 */
export class Runner {
  readonly #deps: RunnerDeps;
  readonly #steps: Steps;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
    this.#steps = new Steps(deps);
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
      const task = await this.#steps.task(live);
      const deadline = row.deadline_at !== null && row.deadline_at <= this.#deps.clock();
      await this.#steps.end(live, endByTime(this.#deps, task, row, deadline ? 'deadline' : 'queue'));
    });
  }

  /**
   * Ends an attempt whose executor lost its lease: nothing of it runs any more, and what it left in the storage counts. Its log and its exit
   * code lie on another machine.
   */
  lost(live: Live): Promise<void> {
    return this.#guard(live, async () => {
      const { row } = live.held;
      const task = await this.#steps.task(live);
      const evidence = await this.#steps.persist(() => readResults(this.#deps.storage, row.output_prefix));
      await this.#steps.end(live, endByLoss(this.#deps, task, row, evidence));
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

  /** Aborts what is still unfinished below an action that has ended. */
  endOrphans(action: ActionPlaceKey & { actionId: number }): Promise<void> {
    return this.#steps.endOrphans(action);
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
    const task = await this.#steps.task(live);
    const hit = await this.#steps.persist(() => findCached(this.#deps, task));
    if (hit !== undefined) return this.#steps.end(live, endByCache(hit));
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
      const begun = await this.#steps.submit(beginExecution(live.held, beginFields(task)));
      if (isTerminal(begun.phase)) return;
      await hook('begun', live);
      const command = await untilStopped(prepareCommand(prepare, task, live.held.row), this.#deps.stop);
      await hook('prepared', live);
      if (live.kill !== undefined) return await this.#steps.endUnstarted(live, task);
      const wrapper = await startWrapper({ ...command, lease: this.#deps.lease });
      const start = (await processStart(wrapper.pid)) ?? '';
      live.process = { pid: wrapper.pid, start, token: command.token, ended: wrapper.ended };
    } catch (error) {
      if (error instanceof Stopped || error instanceof Gone) throw error;
      const failure = failureToStart(error);
      this.#deps.logger.warn({ err: error, action: actionText(task.key) }, 'a task could not be started');
      return this.#steps.end(live, endByFailure(this.#deps, task, live.held.row, failure));
    }
    await hook('spawned', live);
    await this.#recordStart(live, task);
    await hook('recorded', live);
    await this.#untilEnded(live);
    await this.#steps.finish(live, task);
  }

  async #recordStart(live: Live, task: ExecutionTask): Promise<void> {
    const { process } = live;
    if (process === undefined) return;
    const { maxRuntimeMs } = taskTimes(task.taskSpec);
    const fields = runFields(task, live.held.row, this.#deps.clock());
    const step = await this.#steps.submit(executionStarted(live.held, process, { maxRuntimeMs, fields }));
    live.held = { ...live.held, row: step.row };
    this.#deps.metrics.starts.inc();
    if (isTerminal(step.phase)) await this.kill(live, 'action ended');
    else if (live.kill !== undefined) await this.kill(live, live.kill.reason);
  }

  async #resume(live: Live): Promise<void> {
    const { row } = live.held;
    const finding = await this.#steps.persist(() => findProcess(row, () => this.#steps.pause()));
    if (finding.is === 'unstarted') return this.#startAnew(live);
    if (finding.is === 'alive') return this.#attach(live, finding.process);
    const task = await this.#steps.task(live);
    if (finding.process !== undefined) {
      live.process = { ...finding.process, token: row.token ?? '', ended: undefined };
      // It ran, and has a log, although nobody was there to write that down.
      if (row.state === 'STARTING') await this.#recordStart(live, task);
    }
    await this.#steps.finish(live, task);
  }

  async #startAnew(live: Live): Promise<void> {
    const { dialect } = this.#deps;
    const row = await this.#steps.persist(() => renewToken(dialect.writer, live.held.row, randomUUID()));
    if (row === undefined) return;
    live.held = { ...live.held, row };
    await this.#begin(live);
  }

  async #attach(live: Live, found: KnownProcess): Promise<void> {
    const task = await this.#steps.task(live);
    live.process = { ...found, token: live.held.row.token ?? '', ended: undefined };
    if (live.held.row.state === 'RUNNING') {
      if (live.kill !== undefined) await this.kill(live, live.kill.reason);
    } else {
      await this.#recordStart(live, task);
    }
    await this.#deps.hook('recorded', live);
    await this.#untilEnded(live);
    await this.#steps.finish(live, task);
  }

  async #untilEnded({ process }: Live): Promise<void> {
    if (process === undefined) return;
    if (process.ended !== undefined) return untilStopped(process.ended, this.#deps.stop);
    while (await isAlive(process)) await this.#steps.pause();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { signal, survivors } from './process-table.ts';

/** The process of one attempt, whether this executor started it or found it again. */
export interface TaskProcess {
  readonly pid: number;
  /** Identifies the process together with its number. */
  readonly start: string;
  readonly token: string;
  /** Resolves when the first process of the task has ended; undefined for one that was found: it must be looked at. */
  readonly ended: Promise<void> | undefined;
}

/** Asks every process of the task to end that was not asked yet: those of its group, and those that left it. */
export async function askToEnd(task: Pick<TaskProcess, 'pid' | 'token'>, asked: Set<number>): Promise<void> {
  for (const pid of await survivors(task.pid, task.token)) {
    if (asked.has(pid)) continue;
    asked.add(pid);
    signal(pid, 'SIGTERM');
  }
}

const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 1000;

/**
 * Ends every process that is left of a task, and resolves once none is there: a process that can't be killed at once (it hangs in the
 * kernel) is waited for. Rejects when `stop` is aborted.
 */
export async function endAll(
  task: { readonly pid: number | null; readonly token: string },
  stop: AbortSignal,
): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; (await killAll(task)) > 0; pause *= 2) {
    await sleep(Math.min(pause, MAX_PAUSE_MS), undefined, { signal: stop });
  }
}

async function killAll({
  pid: group,
  token,
}: {
  readonly pid: number | null;
  readonly token: string;
}): Promise<number> {
  const pids = await survivors(group, token);
  // The group first and at once: a process that is just being forked is then in it.
  if (group !== null && pids.length > 0) signal(-group, 'SIGKILL');
  for (const pid of pids) signal(pid, 'SIGKILL');
  return pids.length;
}

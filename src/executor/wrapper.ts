import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TOKEN_VARIABLE } from './process-table.ts';
import { UPTIME_FILE } from './uptime.ts';
import { WRAPPER } from './wrapper-script.ts';

/** What to run, and where. */
export interface TaskCommand {
  /** The attempt's folder; it exists. */
  readonly folder: string;
  readonly token: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The lease under which it may run; without one it may run as long as it likes. */
  readonly lease?: LeaseTicket | undefined;
}

/** Where a process finds out how long it may run. */
export interface LeaseTicket {
  /** Its one line is the second (of `uptimeMs`) at which everything has to be gone, a blank, and the term. */
  readonly file: string;
  /** A lease that was lost and then won again has another one: what was started under the old one has to go. */
  readonly term: string;
  /** A file whose first word is the second that it is now; the machine's by default. */
  readonly clock?: string;
}

/** A wrapper that was started by this process. */
export interface StartedWrapper {
  readonly pid: number;
  /** Resolves when it has ended, in whatever way. */
  readonly ended: Promise<void>;
}

/** Makes the folders of an attempt. */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(join(folder, 'cwd'), { recursive: true });
  await mkdir(join(folder, 'home'), { recursive: true });
}

/**
 * Starts the wrapper in a process group (and session) of its own; it outlives this process. What the task prints goes to the file `log`: with
 * a pipe it would die at its next print once this process is gone. Rejects if nothing could be started.
 */
export async function startWrapper(command: TaskCommand): Promise<StartedWrapper> {
  const { folder, token, argv, lease } = command;
  const log = await open(join(folder, 'log'), 'w');
  try {
    const clock = lease?.clock ?? (process.platform === 'linux' ? UPTIME_FILE : '');
    const words = [folder, token, lease?.file ?? '', lease?.term ?? '', clock];
    const child = spawn('/bin/sh', ['-c', WRAPPER, 'runs-task', ...words, ...argv], {
      cwd: folder,
      detached: true,
      env: { ...command.environment, [TOKEN_VARIABLE]: token },
      stdio: ['ignore', log.fd, log.fd],
    });
    // The service may end while tasks run on.
    child.unref();
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return { pid: child.pid ?? 0, ended };
  } finally {
    await log.close();
  }
}

/** What is known of a wrapper's beginning: it never will begin, it may be at work, or the folder is not there any more. */
export type StartProof = 'never' | 'begun' | 'no folder';

/** Keeps the wrapper of this token from ever beginning, unless it has begun. */
export async function revokeStart(folder: string, token: string): Promise<StartProof> {
  try {
    await mkdir(join(folder, `started.${token}`));
    return 'never';
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'EEXIST') return 'begun';
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'no folder';
    throw error;
  }
}

/** Who a wrapper said that it is; undefined if it has not said it (yet). */
export async function readWrapperPid(
  folder: string,
  token: string,
): Promise<{ pid: number; start: string } | undefined> {
  const text = await readIfThere(join(folder, `pid.${token}`));
  const [, pid, start] = /^(\d+) (.*)\n$/.exec(text ?? '') ?? [];
  return pid === undefined || start === undefined ? undefined : { pid: Number(pid), start };
}

/** The exit code of the command; undefined if it has not ended, or its wrapper was killed. */
export async function readExitCode(folder: string, token: string): Promise<number | undefined> {
  const text = await readIfThere(join(folder, `exit.${token}`));
  return text !== undefined && /^\d+\n$/.test(text) ? Number(text) : undefined;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

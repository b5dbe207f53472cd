import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TOKEN_VARIABLE } from './process-table.ts';

/*
 * The wrapper: a shell script that leads the process group of a task.
 *
 * Its first act is to make the folder `started.<token>`, which only one process in the world can do. Whoever finds it made never runs the
 * command: so an executor that does not know whether a wrapper of its predecessor will still begin makes the folder itself, and from
 * then on knows that it won't. Then the wrapper says who it is (`pid.<token>`), runs the command as its child, and writes the command's
 * exit code (`exit.<token>`). Each file appears at once, under its final name. It catches SIGTERM so that it lives until its child does.
 */
const SCRIPT = `
folder=$1 token=$2
shift 2
/bin/mkdir "$folder/started.$token" 2>/dev/null || exit 0
trap : HUP INT TERM
if [ -r "/proc/$$/stat" ]; then
  stat=$(/bin/cat "/proc/$$/stat")
  fields=\${stat##*) }
  start=$(set -- $fields; shift 19; echo "$1")
else
  start=$(echo $(/bin/ps -o lstart= -p $$))
fi
echo "$$ $start" > "$folder/pid.$token.tmp" && /bin/mv "$folder/pid.$token.tmp" "$folder/pid.$token"
cd "$folder/cwd" || exit 126
( exec "$@" )
code=$?
echo "$code" > "$folder/exit.$token.tmp" && /bin/mv "$folder/exit.$token.tmp" "$folder/exit.$token"
`;

/** What to run, and where. */
export interface TaskCommand {
  /** The attempt's folder; it exists. */
  readonly folder: string;
  readonly token: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
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
  const { folder, token, argv } = command;
  const log = await open(join(folder, 'log'), 'w');
  try {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'runs-task', folder, token, ...argv], {
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

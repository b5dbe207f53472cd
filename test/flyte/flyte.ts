import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { diedAtExit, sdkEnvironment } from '../sdk/python.ts';

const TIMEOUT_MS = 120_000;

/** For a command that says nothing of what it did: whatever follows it has to show that. */
export const SILENT = /^/;

/** How a program ended. */
export interface Ended {
  /**
   * Whether it ended with exit code 0, or `diedAtExit`, which tells nothing: so nobody may trust in this alone. What the program has said
   * must be looked at, and what it should have done.
   */
  readonly good: boolean;
  /** Everything that it wrote, and why it ended if not by itself. */
  readonly output: string;
}

/** A program at work. */
export interface Running {
  /** What it wrote so far. */
  output(): string;
  /** Resolves as soon as it has written this, rejects if it ends before that. */
  until(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
  /** Ends it, if it still runs. */
  stop(): void;
}

/** The SDK's command line, for one service. */
export interface Flyte {
  /**
   * Runs `flyte ARGS` to its end and answers what it wrote. Rejects, with its output, if it failed or did not say that it has done what
   * it was asked for, which is how to tell where its exit code does not.
   */
  ok(args: readonly string[], says: RegExp): Promise<string>;
  /** Starts it and does not wait. */
  start(args: readonly string[]): Running;
  /** Runs a script with the SDK, like `ok`. */
  script(args: readonly string[], says: RegExp): Promise<string>;
}

/**
 * The command line of the SDK in `venv`, with a home folder below `folder`, and beside it copies of the examples and of the tasks of this folder
 * to run: the SDK takes configuration, and what it remembers of earlier uploads, from its working folder, that one's repository and its home.
 */
export async function flyteFor(options: {
  venv: string;
  folder: string;
  url: string;
  environment?: Record<string, string>;
}): Promise<Flyte> {
  const { venv, folder, url } = options;
  const home = join(folder, 'home');
  const cwd = join(folder, 'code');
  for (const one of [home, cwd]) await mkdir(one, { recursive: true });
  for (const source of [import.meta.dirname, join(import.meta.dirname, '../../examples')]) {
    for (const name of await readdir(source)) {
      if (name.endsWith('.py')) await copyFile(join(source, name), join(cwd, name));
    }
  }
  // A wide dumb terminal: nothing is wrapped or coloured.
  const env = { ...sdkEnvironment(home), TERM: 'dumb', COLUMNS: '200', ...options.environment };
  const common = ['--no-progress', '--endpoint', new URL(url).host, '--insecure'];
  const start = (args: readonly string[]) =>
    startProgram(join(venv, 'bin/flyte'), [...common, ...args], { cwd, env });
  return {
    start,
    ok: (args, says) => expectSuccess(`flyte ${args.join(' ')}`, start(args), says),
    script: (args, says) => {
      const program = startProgram(join(venv, 'bin/python'), args, { cwd, env });
      return expectSuccess(args.join(' '), program, says);
    },
  };
}

async function expectSuccess(what: string, { ended }: Running, says: RegExp): Promise<string> {
  const { good, output } = await ended;
  if (!good) throw new Error(`${what} failed:\n${output}`);
  if (!says.test(output)) throw new Error(`${what} did not say ${says}:\n${output}`);
  return output;
}

function startProgram(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Running {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const waiting = new Set<() => void>();
  const hear = (chunk: Buffer): void => {
    text += chunk.toString();
    for (const look of waiting) look();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = untilEnded(child, () => text);
  return {
    output: () => text,
    ended,
    stop: () => child.kill('SIGKILL'),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!text.includes(wanted)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended without ${JSON.stringify(wanted)}:\n${text}`)));
      }),
  };
}

function untilEnded(child: ChildProcess, text: () => string): Promise<Ended> {
  return new Promise((resolve) => {
    let late = '';
    const impatient = setTimeout(() => {
      late = `\nit took longer than ${TIMEOUT_MS / 1000} s`;
      child.kill('SIGKILL');
    }, TIMEOUT_MS);
    const finish = (good: boolean, reason: string): void => {
      clearTimeout(impatient);
      resolve({ good, output: text() + reason + late });
    };
    child.once('error', (error) => finish(false, error.message));
    child.once('close', (code, signal) => {
      const died = diedAtExit(signal);
      if (died) console.log(`  (an interpreter of the SDK died by ${signal} when it ended)`);
      const end = signal === null ? `exit code ${code}` : `ended by ${signal}`;
      finish(code === 0 || died, code === 0 ? '' : `\n(${end})`);
    });
  });
}

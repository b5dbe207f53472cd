import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sdkEnvironment } from '../sdk/python.ts';

const TIMEOUT_MS = 120_000;

/**
 * How a program ended, and everything that it wrote. The SDK's interpreter now and then dies after everything is done and said, when it tears
 * down its threads; that counts as 0: whether the work was done is what checks find out.
 */
export interface Ended {
  readonly code: number | null;
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
  /** Runs `flyte ARGS` to its end; rejects, with its output, unless its exit code is 0. */
  ok(args: readonly string[]): Promise<string>;
  /** The same, with whatever exit code. */
  run(args: readonly string[]): Promise<Ended>;
  /** Starts it and does not wait. */
  start(args: readonly string[]): Running;
  /** Runs a script with the SDK; rejects unless its exit code is 0. */
  script(args: readonly string[]): Promise<string>;
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
    run: (args) => start(args).ended,
    ok: (args) => expectSuccess(`flyte ${args.join(' ')}`, start(args)),
    script: (args) => {
      const program = startProgram(join(venv, 'bin/python'), args, { cwd, env });
      return expectSuccess(args.join(' '), program);
    },
  };
}

async function expectSuccess(what: string, { ended }: Running): Promise<string> {
  const { code, output } = await ended;
  if (code !== 0) throw new Error(`${what} ended with exit code ${code}:\n${output}`);
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
    const finish = (code: number | null, reason: string): void => {
      clearTimeout(impatient);
      resolve({ code, output: text() + reason + late });
    };
    child.once('error', (error) => finish(-1, error.message));
    child.once('close', (code, signal) => {
      const died = signal === 'SIGABRT' || signal === 'SIGSEGV';
      if (died) console.log(`  (the SDK's interpreter died by ${signal} when it ended)`);
      finish(died ? 0 : code, signal === null ? '' : `\nit was ended by ${signal}`);
    });
  });
}

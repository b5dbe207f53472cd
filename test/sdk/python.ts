import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The version of the SDK that the checks are written for. */
export const FLYTE_VERSION = '2.12.1';

const INSTALL_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 60_000;

const execute = promisify(execFile);
const installing = { timeout: INSTALL_TIMEOUT_MS, maxBuffer: 2 ** 26 };

/** A Python environment that has the SDK, with a home folder of its own. */
export interface Python {
  /** The virtual environment. */
  readonly venv: string;
  /** Runs the interpreter. Never rejects because of an exit code. */
  run(args: readonly string[]): Promise<Finished>;
  /** Runs the SDK's command line, `flyte`. */
  flyte(args: readonly string[]): Promise<Finished>;
}

/** How a program ended and what it wrote. */
export interface Finished {
  /** The exit code; -1 if there is none. */
  readonly code: number;
  /** Whether the exit code is 0, or `diedAtExit`: then what it wrote and what it did have to be looked at. */
  readonly good: boolean;
  readonly output: string;
}

/**
 * The SDK in a virtual environment below `folder`, which is made once and then kept. Programs run with `home` as their home, because the SDK
 * remembers uploads there, and without telemetry.
 */
export async function installSdk(folder: string, home: string): Promise<Python> {
  const venv = join(folder, `flyte-${FLYTE_VERSION}`);
  const complete = join(venv, '.complete');
  if (!existsSync(complete)) {
    console.log(`Installing flyte ${FLYTE_VERSION} into ${venv} ...`);
    await rm(venv, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await execute('python3', ['-m', 'venv', venv], installing);
    await pipInstall(venv, [`flyte==${FLYTE_VERSION}`]);
    await writeFile(complete, '');
  }
  const environment = sdkEnvironment(home);
  const run = (program: string) => (args: readonly string[]) =>
    finish(join(venv, 'bin', program), args, environment);
  return { venv, run: run('python'), flyte: run('flyte') };
}

/** Adds the SDK's controller in Rust to a virtual environment that has the SDK, once. */
export async function installRustController(venv: string): Promise<void> {
  const complete = join(venv, '.rust-complete');
  if (existsSync(complete)) return;
  await pipInstall(venv, [`flyte[rust-controller]==${FLYTE_VERSION}`]);
  await writeFile(complete, '');
}

/**
 * Whether a program of the SDK ended in the way that says nothing: its interpreter has threads that it can't always take down, and now and
 * then dies of that when everything is done and said. Nobody may take that alone for success: what the program wrote, or what the
 * service has of it, must be looked at.
 */
export function diedAtExit(signal: unknown): boolean {
  return signal === 'SIGABRT' || signal === 'SIGSEGV';
}

/** The environment of programs of the SDK that use `home` as their home folder. */
export function sdkEnvironment(home: string): NodeJS.ProcessEnv {
  const { UCTL_CONFIG: _, FLYTECTL_CONFIG: __, ...environment } = process.env;
  return {
    ...environment,
    HOME: home,
    // The SDK leaves temporary folders behind.
    TMPDIR: home,
    DO_NOT_TRACK: '1',
    NO_COLOR: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

async function pipInstall(venv: string, packages: readonly string[]): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
  await execute(join(venv, 'bin/python'), pip, installing);
}

function finish(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  return new Promise((resolve) => {
    // `flyte run` wants its script below the working directory.
    const options = { env, cwd: import.meta.dirname, timeout: RUN_TIMEOUT_MS, maxBuffer: 2 ** 26 };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      const reason = code < 0 ? `\n${error?.message}` : '';
      const good = code === 0 || diedAtExit(error?.signal);
      resolve({ code, good, output: stdout + stderr + reason });
    });
  });
}

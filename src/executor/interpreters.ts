import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StartupError } from '../config/errors.ts';
import type { TaskTemplate } from '../gen/flyteidl2/core/tasks_pb.js';
import { RuntimeMetadata_RuntimeType } from '../gen/flyteidl2/core/tasks_pb.js';

/** Runs a program; answers its exit code and the end of what it wrote. */
export type RunProgram = (
  program: string,
  args: readonly string[],
) => Promise<{ code: number; output: string }>;

/** Why there is no interpreter for a task, with what the installation wrote last. */
export class InterpreterError extends Error {}

const OUTPUT_CHARACTERS = 4000;
const INSTALL_TIMEOUT_MS = 20 * 60_000;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+!_-]{0,63}$/;

/**
 * Python for tasks: one that is configured, or a virtual environment per version of Flyte's SDK that is made when the first task
 * asks for it. Only one executor at a time may work in `folder`.
 *
 * An environment is made under a name of its own and counts only once a file that names it was written: what an interrupted
 * installation left behind, or is still writing, is never used.
 */
export class Interpreters {
  readonly #folder: string;
  readonly #configured: string | undefined;
  readonly #run: RunProgram;
  readonly #made = new Map<string, Promise<string>>();

  constructor(options: { folder: string; configured: string | undefined; run?: RunProgram }) {
    this.#folder = options.folder;
    this.#configured = options.configured;
    this.#run = options.run ?? runProgram;
  }

  /** The folder of the programs that a task finds first; undefined for one that does not use Flyte's SDK. Throws an InterpreterError. */
  async binFolder(template: TaskTemplate | undefined, image: string): Promise<string | undefined> {
    if (this.#configured !== undefined) return this.#configured;
    const runtime = template?.metadata?.runtime;
    if (runtime?.type !== RuntimeMetadata_RuntimeType.FLYTE_SDK) return undefined;
    const python = await this.#python(image);
    const key = `${runtime.version || 'newest'}-py${python.version}`;
    const made = this.#made.get(key) ?? this.#find(key, python.program, runtime.version);
    this.#made.set(key, made);
    try {
      return join(await made, 'bin');
    } catch (error) {
      // The next task tries again.
      this.#made.delete(key);
      throw error;
    }
  }

  /** Removes what interrupted installations left behind. To be called before the first task. */
  async clean(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const names = await readdir(this.#folder);
    const used = new Set<string>();
    for (const name of names) {
      if (name.endsWith('.current')) used.add((await readFile(join(this.#folder, name), 'utf8')).trim());
    }
    for (const name of names) {
      if (name.endsWith('.current') || used.has(name)) continue;
      await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** The Python whose version the task's image names, if this machine has it: pickled code needs the same one; else `python3`. */
  async #python(image: string): Promise<{ program: string; version: string }> {
    const wanted = /py(3\.\d+)/.exec(image)?.[1];
    for (const program of wanted === undefined ? ['python3'] : [`python${wanted}`, 'python3']) {
      const { code, output } = await this.#run(program, [
        '-c',
        'import sys; print("%d.%d" % sys.version_info[:2])',
      ]);
      if (code === 0) return { program, version: output.trim() };
    }
    throw new InterpreterError(
      'python3 was not found; install Python 3.10 or newer, or set executor.process.python to a virtual environment that has flyte',
    );
  }

  async #find(key: string, python: string, version: string): Promise<string> {
    if (version !== '' && !VERSION.test(version))
      throw new InterpreterError(`${JSON.stringify(version)} is no version of flyte`);
    const marker = join(this.#folder, `${key}.current`);
    const name = await readFile(marker, 'utf8').catch(() => undefined);
    if (name !== undefined) return join(this.#folder, name.trim());
    return this.#make(key, python, version, marker);
  }

  async #make(key: string, python: string, version: string, marker: string): Promise<string> {
    const name = `${key}-${randomBytes(6).toString('hex')}`;
    const folder = join(this.#folder, name);
    const steps: [string, string[]][] = [
      [python, ['-m', 'venv', folder]],
      [
        join(folder, 'bin', 'python'),
        [
          '-m',
          'pip',
          'install',
          '--disable-pip-version-check',
          version === '' ? 'flyte' : `flyte==${version}`,
        ],
      ],
    ];
    await mkdir(this.#folder, { recursive: true });
    for (const [program, args] of steps) {
      const { code, output } = await this.#run(program, args);
      if (code === 0) continue;
      await rm(folder, { recursive: true, force: true });
      throw new InterpreterError(
        `${basename(program)} ${args.slice(0, 3).join(' ')} failed (exit code ${code}); set executor.process.python to use a virtual environment of your own\n${output}`,
      );
    }
    await writeFile(`${marker}.tmp`, `${name}\n`);
    await rename(`${marker}.tmp`, marker);
    return folder;
  }
}

/**
 * The folder of programs of a configured Python, given as a virtual environment or as the program itself. Throws a StartupError if there
 * is no such thing.
 */
export async function configuredPython(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const found = await stat(path).catch(() => undefined);
  const program = found?.isDirectory() ? join(path, 'bin', 'python') : path;
  if (!(await stat(program).catch(() => undefined))?.isFile()) {
    throw new StartupError(
      `executor.process.python: ${path} is neither a virtual environment nor a Python program`,
    );
  }
  return dirname(program);
}

/** Runs a program without input, for at most 20 minutes. A program that can't be started counts as one that failed. */
export const runProgram: RunProgram = (program, args) =>
  new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const remember = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS);
    };
    child.stdout.on('data', remember);
    child.stderr.on('data', remember);
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });

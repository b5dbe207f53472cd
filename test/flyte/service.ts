import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type Literal, LiteralSchema } from '../../src/gen/flyteidl2/core/literals_pb.js';
import { freePort } from '../support/postgres-server.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { flyteFor } from './flyte.ts';
import { type Ground, onGround } from './ground.ts';
import { Place } from './place.ts';

const VERSION = 'proofs-1';
const TERMINAL_TIMEOUT_MS = 30 * 60_000;

/** A service of which nobody else makes use, which may be killed and started again. */
export class Service {
  readonly place: Place;
  /** The Python of its tasks. */
  readonly venv: string;
  /** A folder for what tasks leave behind. */
  readonly folder: string;
  readonly #start: () => Promise<ServiceProcess>;
  #process: ServiceProcess;

  constructor(
    { place, venv, folder }: Pick<Service, 'place' | 'venv' | 'folder'>,
    process: ServiceProcess,
    start: () => Promise<ServiceProcess>,
  ) {
    this.place = place;
    this.venv = venv;
    this.folder = folder;
    this.#process = process;
    this.#start = start;
  }

  get pid(): number {
    return this.#process.pid;
  }

  log(): string {
    return this.#process.log();
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** On the same port, database and folders. */
  async startAgain(): Promise<void> {
    this.#process = await this.#start();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** Deploys the tasks of proofs.py, so that `start` finds them. */
  async deployProofs(): Promise<void> {
    const { flyte, where } = this.place;
    await flyte.ok(
      ['deploy', ...where, '--version', VERSION, 'proofs.py', 'env'],
      /Deployed task proofs\.fan_out/,
    );
  }

  /** Starts a run of a task of proofs.py. */
  async start(run: string, task: string, inputs: Record<string, string | number>): Promise<void> {
    const { project, domain } = this.place;
    const version = { org: 'e2e', project, domain, name: `proofs.${task}`, version: VERSION };
    const literals = Object.entries(inputs).map(([name, value]) => ({ name, value: literalOf(value) }));
    await this.place.runs.createRun({
      id: { case: 'runId', value: this.place.runId(run) },
      task: { case: 'taskId', value: version },
      inputWrapper: { case: 'inputs', value: { literals } },
    });
  }

  /**
   * The phase in which each of these runs ended, which `begin` starts; rejects after half an hour. One stream tells of all of them.
   */
  async outcomes(runs: readonly string[], begin: () => Promise<unknown>): Promise<Map<string, number>> {
    const { project, domain } = this.place;
    const target = { case: 'projectId', value: { organization: 'e2e', name: project, domain } } as const;
    const wanted = new Set(runs);
    const ended = new Map<string, number>();
    const stop = new AbortController();
    let begun: Promise<unknown> | undefined;
    try {
      // Not timeoutMs: its timer would keep this process alive after the stream was left.
      const options = { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(TERMINAL_TIMEOUT_MS)]) };
      for await (const { runs: changed } of this.place.runs.watchRuns({ target }, options)) {
        // Begun when the stream is there, so that it misses none.
        begun ??= begin();
        await begun;
        for (const { action } of changed) {
          const name = action?.id?.run?.name ?? '';
          if (wanted.has(name) && action?.status?.endTime !== undefined) ended.set(name, action.status.phase);
        }
        if (ended.size === wanted.size) return ended;
      }
    } finally {
      stop.abort();
    }
    throw new Error('the stream of runs ended');
  }
}

/** A service, and Flyte's command line for it. */
export interface ServiceOptions {
  readonly ground: Ground;
  /** The Python of the command line and of the tasks. */
  readonly venv: string;
  /** Further environment of the service. */
  readonly environment?: Record<string, string>;
  /** Further environment of the command line. */
  readonly shell?: Record<string, string>;
}

/** Starts such a service, with a project, does the work, and ends it; nothing stays. */
export function withService<T>(options: ServiceOptions, work: (service: Service) => Promise<T>): Promise<T> {
  const { ground, venv } = options;
  return onGround(ground, async (root, footing) => {
    const folder = join(root, 'effects');
    const temporary = join(root, 'tmp');
    for (const one of [folder, temporary]) await mkdir(one);
    const port = await freePort();
    const environment = {
      ...footing,
      SECRETS_KEY_FILE: join(root, 'secrets.key'),
      EXECUTOR_KIND: 'process',
      EXECUTOR_PROCESS_PYTHON: venv,
      EXECUTOR_PROCESS_WORK_DIR: join(root, 'work'),
      // Tasks that are killed leave something behind.
      TMPDIR: temporary,
      ...options.environment,
    };
    const start = () => startServiceProcess({ port, environment });
    const process = await start();
    const shell = { venv, folder: root, url: process.url, environment: options.shell ?? {} };
    const place = new Place(process.url, await flyteFor(shell));
    const service = new Service({ place, venv, folder }, process, start);
    try {
      const { project, flyte } = place;
      await flyte.ok(['create', 'project', '--id', project, '--name', project], /created successfully/);
      return await work(service);
    } finally {
      await service.stop();
    }
  });
}

function literalOf(value: string | number): Literal {
  const primitive =
    typeof value === 'string'
      ? ({ case: 'stringValue', value } as const)
      : ({ case: 'integer', value: BigInt(value) } as const);
  return create(LiteralSchema, {
    value: { case: 'scalar', value: { value: { case: 'primitive', value: { value: primitive } } } },
  });
}

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type Literal, LiteralSchema } from '../../src/gen/flyteidl2/core/literals_pb.js';
import { freePort } from '../support/postgres-server.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { flyteFor } from './flyte.ts';
import { Place } from './place.ts';

const VERSION = 'proofs-1';
const TERMINAL_TIMEOUT_MS = 30 * 60_000;

/** A service on SQLite of which nobody else makes use, which may be killed and started again, and on which the tasks of proofs.py are deployed. */
export class OwnService {
  readonly place: Place;
  /** A folder for what tasks leave behind. */
  readonly folder: string;
  readonly #start: () => Promise<ServiceProcess>;
  #process: ServiceProcess;

  constructor(place: Place, folder: string, process: ServiceProcess, start: () => Promise<ServiceProcess>) {
    this.place = place;
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

/** Starts such a service with the Python of `venv`, does the work, and ends it; nothing stays. */
export async function withOwnService<T>(
  options: { venv: string; environment?: Record<string, string> },
  work: (service: OwnService) => Promise<T>,
): Promise<T> {
  const { venv } = options;
  const root = await mkdtemp(join(tmpdir(), 'runs-proof-'));
  const folder = join(root, 'effects');
  const port = await freePort();
  const environment = {
    DATABASE_SQLITE_FILE: join(root, 'runs.db'),
    STORAGE_FOLDER: join(root, 'storage'),
    EXECUTOR_KIND: 'process',
    EXECUTOR_PROCESS_PYTHON: venv,
    EXECUTOR_PROCESS_WORK_DIR: join(root, 'work'),
    ...options.environment,
  };
  const start = () => startServiceProcess({ port, environment });
  try {
    await mkdir(folder);
    const process = await start();
    const place = new Place(process.url, await flyteFor({ venv, folder: root, url: process.url }));
    const service = new OwnService(place, folder, process, start);
    try {
      await place.flyte.ok(['create', 'project', '--id', place.project, '--name', place.project]);
      await place.flyte.ok(['deploy', ...place.where, '--version', VERSION, 'proofs.py', 'env']);
      return await work(service);
    } finally {
      await service.stop();
    }
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
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

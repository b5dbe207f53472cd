import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { afterEach, onTestFailed } from 'vitest';
import type { DatabaseConfig } from '../../src/config.ts';
import { Executor, type ExecutorOptions } from '../../src/executor/executor.ts';
import { Interpreters } from '../../src/executor/interpreters.ts';
import type { PrepareDeps } from '../../src/executor/prepare.ts';
import { endAll } from '../../src/executor/task-process.ts';
import {
  ContainerError_Kind,
  ErrorDocumentSchema,
  ExecutionError_ErrorKind,
} from '../../src/gen/flyteidl2/core/execution_pb.js';
import type { TaskMetadataSchema } from '../../src/gen/flyteidl2/core/tasks_pb.js';
import { RunSpecSchema } from '../../src/gen/flyteidl2/task/run_pb.js';
import { TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import { ErrorInfoSchema, RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { enqueueAction } from '../../src/repository/write/commands/enqueue-action.ts';
import { storedKey } from '../../src/repository/write/commands/find.ts';
import type { Flushed } from '../../src/repository/write/flush.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { taskSpecRecord } from '../../src/runs/action-spec.ts';
import { type Instant, plusMillis, systemClock } from '../../src/runs/instant.ts';
import { createFolderStorage } from '../../src/storage/folder-storage.ts';
import { person, runKey } from '../repository/fixtures.ts';
import type { TestDatabase } from '../support/databases.ts';

/** A task as tests describe it: a command, and what else matters. */
export interface TestTask {
  /** A script for /bin/sh; `$1` is the output prefix, the rest are `args`. */
  readonly script?: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly metadata?: MessageInitShape<typeof TaskMetadataSchema>;
  readonly runSpec?: MessageInitShape<typeof RunSpecSchema>;
  readonly cacheKey?: string;
  readonly inputs?: Uint8Array;
}

/** A script that writes outputs and so succeeds. */
export const SUCCEED = 'mkdir -p "$1" && : > "$1/outputs.pb"';

/** A database with an executor beside it, and a folder for both. */
export class Bench {
  readonly folder: string;
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly #database: TestDatabase;
  readonly #listeners = new Set<() => void>();
  readonly #log: string[] = [];
  executor: Executor | undefined;
  /** Set to make time stand still. */
  now: Instant | undefined;
  readonly clock = (): Instant => this.now ?? systemClock();

  constructor(folder: string, database: TestDatabase, dialect: Dialect) {
    this.folder = folder;
    this.#database = database;
    this.dialect = dialect;
    this.writer = new GroupCommit(dialect, {
      clock: this.clock,
      maxQueued: 1000,
      maxBatch: 100,
      onCommitted: (flushed: Flushed) => {
        this.executor?.committed(flushed);
        for (const listener of this.#listeners) listener();
      },
    });
    onTestFailed(() => void process.stderr.write(this.#log.join('')));
  }

  get databaseConfig(): DatabaseConfig {
    return this.#database.config;
  }

  /** Starts an executor in this process. */
  async start(
    options: Omit<Partial<ExecutorOptions>, 'prepare'> & { prepare?: Partial<PrepareDeps> } = {},
  ): Promise<Executor> {
    const { prepare, ...more } = options;
    const executor = makeExecutor(this, {
      ...more,
      logger: pino({ level: 'debug' }, { write: (line) => void this.#log.push(line) }),
      ...(prepare ? { prepare } : {}),
    });
    this.executor = executor;
    await executor.start();
    return executor;
  }

  /** Creates a run whose root action is the task; returns its name. */
  async run(name: string, task: TestTask): Promise<string> {
    const key = runKey(name);
    const run = createRun({
      key,
      stored: storedKey('shared', key),
      kind: 'RUN',
      spec: specOf(task),
      runSpec: create(RunSpecSchema, task.runSpec),
      labels: {},
      source: RunSource.CLI,
      inputs: task.inputs,
      createdBy: person('jane'),
      autoCreateProject: true,
      cacheKey: task.cacheKey,
      execute: true,
    });
    await this.writer.submit(run);
    return name;
  }

  /** Enqueues a child of an action, as a running task does. */
  async child(run: string, name: string, task: TestTask, parent = 'a0'): Promise<void> {
    const key = runKey(run);
    await this.writer.submit(
      enqueueAction({
        key: { run: key, name },
        stored: storedKey('shared', key),
        kind: 'RUN',
        parent,
        group: '',
        subject: '',
        spec: specOf(task),
        cacheKey: task.cacheKey,
        execute: true,
      }),
    );
  }

  async abort(run: string, action = 'a0', writer = this.writer): Promise<void> {
    const key = runKey(run);
    const stored = storedKey('shared', key);
    await writer.exclusive(
      abortTree(this.dialect, {
        key: { run: key, name: action },
        stored,
        kind: 'RUN',
        reason: 'enough',
        by: null,
      }),
    );
  }

  /** Moves time on and lets the executor see it. */
  advance(ms: number): void {
    this.now = plusMillis(this.clock(), ms);
    this.executor?.wake();
  }

  /** The action as it stands, with its newest attempt's error. */
  async action(run: string, name = 'a0') {
    const row = await this.dialect.reader
      .selectFrom('actions')
      .selectAll()
      .where('run_name', '=', run)
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    const attempts = await this.dialect.reader
      .selectFrom('action_attempts')
      .selectAll()
      .where('action_id', '=', row.id)
      .orderBy('attempt_number')
      .execute();
    const errors = attempts.map(({ error_info }) => error_info && fromBinary(ErrorInfoSchema, error_info));
    return { ...row, tries: attempts, phases: attempts.map(({ phase }) => phase), errors };
  }

  /** The row of the action in the queue. */
  async execution(run: string, name = 'a0') {
    return this.dialect.reader
      .selectFrom('executions')
      .innerJoin('actions', 'actions.id', 'executions.action_id')
      .selectAll('executions')
      .where('actions.run_name', '=', run)
      .where('actions.name', '=', name)
      .executeTakeFirstOrThrow();
  }

  /** Resolves once the look says true: it is taken anew after each commit, and every 20 ms for what other processes do. */
  async until(look: () => Promise<boolean>): Promise<void> {
    while (!(await look())) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#listeners.delete(done);
          resolve();
        };
        const timer = setTimeout(done, 20);
        this.#listeners.add(done);
      });
    }
  }

  untilPhase(run: string, phase: string, name = 'a0'): Promise<void> {
    return this.until(async () => (await this.action(run, name)).phase === phase);
  }

  /** Resolves once nothing of the action is left to do. */
  untilDone(run: string, name = 'a0'): Promise<void> {
    return this.until(async () => (await this.execution(run, name)).state === 'DONE');
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** The lines of a file below the bench's folder; none while it is not there. */
  async lines(name: string): Promise<string[]> {
    const text = await readFile(this.file(name), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** A file that a task can copy to `error.pb`. */
  async errorFile(recoverable: boolean, message = 'it broke'): Promise<string> {
    const document = create(ErrorDocumentSchema, {
      error: {
        code: 'ValueError',
        message,
        kind: recoverable ? ContainerError_Kind.RECOVERABLE : ContainerError_Kind.NON_RECOVERABLE,
        origin: ExecutionError_ErrorKind.USER,
      },
    });
    const file = this.file(recoverable ? 'recoverable.pb' : 'final.pb');
    await writeFile(file, toBinary(ErrorDocumentSchema, document));
    return file;
  }

  async close(): Promise<void> {
    await this.executor?.stop();
    const rows = await this.dialect.reader.selectFrom('executions').select(['pid', 'token']).execute();
    const started = rows.flatMap(({ pid, token }) => (token === null ? [] : [{ pid, token }]));
    await Promise.all(started.map((one) => endAll(one, new AbortController().signal)));
    await this.writer.close();
    await this.dialect.close();
    await this.#database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Opens benches that are closed after the test. */
export function useBench(createDatabase: () => Promise<TestDatabase>): () => Promise<Bench> {
  const open: Bench[] = [];
  afterEach(async () => {
    for (const bench of open.splice(0)) await bench.close();
  });
  return async () => {
    const database = await createDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'runs-executor-'));
    const bench = new Bench(folder, database, await openDatabase(database.config, 'shared'));
    open.push(bench);
    return bench;
  };
}

/** An executor for tests: with folders below the bench's. */
export function makeExecutor(
  bench: Pick<Bench, 'dialect' | 'writer' | 'clock' | 'folder'>,
  options: Omit<Partial<ExecutorOptions>, 'prepare'> & { prepare?: Partial<PrepareDeps> },
): Executor {
  const { dialect, writer, clock, folder } = bench;
  const storage = createFolderStorage({
    folder: join(folder, 'storage'),
    signingKey: Buffer.alloc(32),
    maxUploadBytes: 2 ** 20,
    defaultExpiryMs: 60_000,
    clock,
    onFailure: () => {},
  });
  const interpreters = new Interpreters({ folder: join(folder, 'venvs'), configured: undefined });
  const nothing = { set() {}, inc() {} };
  const logger = options.logger ?? pino({ level: 'silent' });
  return new Executor({
    dialect,
    writer,
    storage,
    clock,
    workDir: join(folder, 'work'),
    systemRetries: 3,
    node: 'test',
    lockFile: join(folder, 'lock'),
    maxProcesses: 8,
    killGraceMs: 5000,
    pollMs: 200,
    metrics: {
      running: nothing,
      waiting: nothing,
      oldestSeconds: nothing,
      starts: nothing,
      ends: nothing,
      retries: nothing,
      leasesLost: nothing,
      takenOver: nothing,
    },
    ...options,
    logger,
    prepare: {
      storage,
      interpreters,
      endpoint: () => ({ address: '127.0.0.1:9', tls: false }),
      machine: {},
      storageEnvironment: async () => ({ FSSPEC_FILE: '{}' }),
      logger,
      ...options.prepare,
    },
  });
}

function specOf(task: TestTask) {
  const { script = SUCCEED, args = [], command, environment = {}, metadata } = task;
  const words = command ?? ['/bin/sh', '-c', script, 'task', '{{.outputPrefix}}', ...args];
  const spec = create(TaskSpecSchema, {
    taskTemplate: {
      id: { org: 'acme', project: 'p', domain: 'd', name: 'mod.work', version: 'v1' },
      type: 'raw',
      metadata: metadata ?? {},
      target: {
        case: 'container',
        value: {
          image: 'none',
          command: words.slice(0, 1),
          args: words.slice(1),
          env: Object.entries(environment).map(([key, value]) => ({ key, value })),
        },
      },
    },
  });
  return taskSpecRecord(spec);
}

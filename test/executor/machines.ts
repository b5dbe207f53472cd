import { afterEach } from 'vitest';
import type { Executor, ExecutorOptions } from '../../src/executor/executor.ts';
import { uptimeMs } from '../../src/executor/uptime.ts';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { type Bench, makeExecutor } from './harness.ts';

/** How long a machine's lease lasts. */
export const LEASE_MS = 120_000;
/** The time between two of its signs of life. */
export const BEAT_MS = LEASE_MS / 12;

/** An executor as if on a machine of its own, with a clock that the test moves. */
export interface Machine {
  readonly executor: Executor;
  /** Moves its clock on by a moment as often as it takes, and waits for its sign of life each time. */
  pass(ms: number): Promise<void>;
  /** Moves its clock on at once. */
  jump(ms: number): void;
  /** From now on it can't reach the database, or can again. */
  cut(isCut: boolean): void;
}

/** Starts machines, in `machine`; the executors of those in `executors` are stopped after the test. */
export function useMachines() {
  const executors: Executor[] = [];
  afterEach(async () => {
    await Promise.all(executors.splice(0).map((executor) => executor.stop()));
  });

  async function machine(
    bench: Bench,
    node: string,
    options: Partial<Omit<ExecutorOptions, 'prepare'>> = {},
  ): Promise<Machine> {
    // It stands still unless the test moves it. The guards of processes read the real one, which is never far ahead.
    let now = uptimeMs();
    let isCut = false;
    const connection = <K extends 'reader' | 'writer'>(key: K): Dialect[K] => {
      if (isCut) throw new Error('the database is out of reach');
      return bench.dialect[key];
    };
    const dialect: Dialect = {
      ...bench.dialect,
      get reader() {
        return connection('reader');
      },
      get writer() {
        return connection('writer');
      },
    };
    const executor = makeExecutor(
      { ...bench, clock: bench.clock, dialect },
      {
        node,
        workDir: bench.file(node),
        lockFile: bench.file(`${node}.lock`),
        pollMs: 20,
        lease: {
          leaseMs: LEASE_MS,
          file: bench.file(`${node}.lease`),
          earlierName: `${node} of old`,
          uptimeMs: () => now,
        },
        ...options,
      },
    );
    executors.push(executor);
    await executor.start();
    const beat = async () => (await executorRow(bench, node))?.beat ?? 0;
    const jump = (ms: number) => {
      now += ms;
      executor.wake();
    };
    return {
      executor,
      jump,
      cut: (now) => {
        isCut = now;
      },
      async pass(ms) {
        for (let passed = 0; passed < ms; passed += BEAT_MS) {
          const before = await beat();
          jump(BEAT_MS);
          await bench.until(async () => (await beat()) > before);
        }
      },
    };
  }

  return { machine, executors };
}

async function executorRow(bench: Bench, node: string) {
  return bench.dialect.reader.selectFrom('executors').selectAll().where('node', '=', node).executeTakeFirst();
}

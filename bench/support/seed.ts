import { create, fromJson } from '@bufbuild/protobuf';
import { EnrichedIdentitySchema } from '../../src/gen/flyteidl2/common/identity_pb.js';
import { RunSpecSchema } from '../../src/gen/flyteidl2/task/run_pb.js';
import { TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import { RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import type { Command } from '../../src/repository/write/command.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { storedKey } from '../../src/repository/write/commands/find.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { type StatusUpdate, updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { foldGroups } from '../../src/repository/write/fold-groups.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { taskSpecRecord } from '../../src/runs/action-spec.ts';
import { type Instant, instantFromMicros, plusMillis } from '../../src/runs/instant.ts';
import type { Phase } from '../../src/runs/phase.ts';
import { childName, PLACE, taskSpecJson } from '../client/messages.ts';
import { runName } from '../client/sources.ts';

/** What to put into a database. */
export interface Seed {
  /** The beginning of the runs' names; the n-th run's name is `runName(prefix, n)`. */
  readonly prefix: string;
  readonly runs: number;
  /** Children of each root action; they stay as they were recorded unless `outcomes` is set. */
  readonly children: number;
  /**
   * What ends, nothing by default: 60 % of the runs succeed, 10 % each fail, are aborted, run on, stay queued; with `all` their
   * children do as they do.
   */
  readonly outcomes?: 'roots' | 'all';
  /** How many tasks and people there are; 1 each by default. */
  readonly tasks?: number;
  readonly people?: number;
  /** Milliseconds over which the creation of the runs is spread, up to the present; 0 by default. */
  readonly spreadMs?: number;
  readonly onProgress?: (runs: number) => void;
}

const OUTCOMES: readonly (Phase | undefined)[] = [
  ...Array<Phase>(6).fill('SUCCEEDED'),
  'FAILED',
  'ABORTED',
  'RUNNING',
  undefined,
];
/** Runs that are made side by side; so many commands share a transaction at most. */
const BLOCK = 500;
/** Blocks that are under way at once. */
const ABREAST = 2;

/** Writes runs and their actions through the repository's own batches: as durable, and as complete, as if they had been requested. */
export async function seed(dialect: Dialect, options: Seed): Promise<void> {
  const { runs, children, spreadMs = 0, outcomes } = options;
  const begin = Date.now() - spreadMs;
  let done = 0;
  const writer = new GroupCommit(dialect, {
    clock: () => instantFromMicros(BigInt(Math.round(begin + (spreadMs * done) / Math.max(1, runs))) * 1000n),
    maxQueued: BLOCK * ABREAST * (1 + children) * 2,
    maxBatch: BLOCK,
    onCommitted: () => undefined,
  });
  const plan = planOf(options);
  const submit = (commands: readonly Command<unknown>[]) =>
    Promise.all(commands.map((command) => writer.submit(command)));
  let next = 0;
  const worker = async () => {
    while (next < runs) {
      const first = next;
      next = Math.min(runs, next + BLOCK);
      const block = Array.from({ length: next - first }, (_, i) => plan(first + i));
      // In this order, because what happens to an action may share a transaction with it or come later, but not come first.
      await submit(block.map(({ run }) => run));
      await submit(block.flatMap(({ actions }) => actions));
      for (const step of outcomes ? [0, 1] : []) await submit(block.flatMap(({ ends }) => ends[step] ?? []));
      done += block.length;
      options.onProgress?.(done);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, worker));
  await writer.close();
  // What a service does in the background.
  while (((await foldGroups(dialect)) ?? 0) > 0);
}

interface PlannedRun {
  readonly run: Command<unknown>;
  readonly actions: readonly Command<unknown>[];
  /** That everything of it runs, and that everything ends. */
  readonly ends: readonly (readonly Command<unknown>[])[];
}

function planOf(options: Seed): (n: number) => PlannedRun {
  const { prefix, children, tasks = 1, people = 1, outcomes } = options;
  const specOf = (name: string, version: number) =>
    taskSpecRecord(fromJson(TaskSpecSchema, taskSpecJson(name, version)));
  const roots = Array.from({ length: tasks }, (_, i) => specOf(`train.main${i === 0 ? '' : i}`, i));
  const step = specOf('train.step', 0);
  const runSpec = create(RunSpecSchema, { labels: { values: { owner: 'alice' } } });
  const persons = Array.from({ length: people }, (_, i) =>
    create(EnrichedIdentitySchema, { principal: { case: 'user', value: { id: { subject: `user${i}` } } } }),
  );
  const inputUri = 's3://bench-data/inputs';
  return (n) => {
    const key = { ...PLACE, name: runName(prefix, n) };
    const base = { stored: storedKey('shared', key), kind: 'RUN' as const, inputUri };
    const names = Array.from({ length: children }, (_, i) => childName(i));
    const outcome = OUTCOMES[Math.floor(n / tasks) % OUTCOMES.length];
    const phases: Phase[] =
      outcome === undefined ? [] : outcome === 'RUNNING' ? ['RUNNING'] : ['RUNNING', outcome];
    return {
      run: createRun({
        ...base,
        key,
        spec: roots[n % tasks] ?? step,
        runSpec,
        labels: { owner: 'alice' },
        source: RunSource.CLI,
        createdBy: persons[n % people] ?? create(EnrichedIdentitySchema),
        autoCreateProject: true,
      }),
      actions: names.map((name) =>
        recordAction({ ...base, key: { run: key, name }, parent: 'a0', group: '', subject: '', spec: step }),
      ),
      ends: phases.map((phase, i) =>
        [...(outcomes === 'all' ? names : []), 'a0'].map((name) =>
          moved({ ...base, key: { run: key, name } }, phase, i * RUNS_MS),
        ),
      ),
    };
  };
}

/** How long everything runs. */
const RUNS_MS = 1500;

/** An update of a status whose time is so long after that of its transaction. */
function moved(update: Omit<StatusUpdate, 'event'>, phase: Phase, afterMs: number): Command<unknown> {
  const at = (time: Instant) =>
    updateStatus({
      ...update,
      ...(afterMs > 0 ? { durationMs: afterMs } : {}),
      event: { attempt: 1, phase, version: 0, time, fields: {} },
    });
  return { ...at(instantFromMicros(0n)), apply: (unit) => at(plusMillis(unit.now, afterMs)).apply(unit) };
}

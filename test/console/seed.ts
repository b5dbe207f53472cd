/**
 * `node test/console/seed.ts URL [--database FILE] [--runs N] [--project P]`: fills a service that executes nothing (executor.kind none)
 * with runs of a made-up project, in all phases, with failures, retries, groups, traces, conditions, inputs and outputs. Given the
 * SQLite file of the service, it also spreads them over the last days and over several people, which no call can.
 */
import { parseArgs } from 'node:util';
import { createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { TaskService } from '../../src/gen/flyteidl2/task/task_service_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { SEED_TASKS, taskSpecOf } from './seed-tasks.ts';
import { chance, type Dice } from './seed-dice.ts';
import { seedRun } from './seed-run.ts';
import { type Shift, shiftRuns } from './seed-shift.ts';
import { seedTracked } from './seed-tracked.ts';

/** What to seed. */
export interface SeedOptions {
  readonly url: string;
  /** The SQLite file of the service, if runs are to lie in the past. */
  readonly database?: string | undefined;
  readonly runs?: number;
  readonly project?: string;
  readonly domain?: string;
}

/** What was seeded: names of runs, newest first, with the phase that each ended up in. */
export interface Seeded {
  readonly runs: readonly { readonly name: string; readonly task: string; readonly phase: ActionPhase }[];
}

const ORG = 'default';
const PEOPLE = ['ada@example.org', 'grace@example.org', 'edsger@example.org', 'barbara@example.org'];
const HOUR_MS = 3_600_000;

/** Fills the service. The same options give the same data, but for times and the names of runs that it makes up. */
export async function seed(options: SeedOptions): Promise<Seeded> {
  const { project = 'shop', domain = 'development', runs = 200 } = options;
  const scope = { org: ORG, project, domain };
  const transport = createConnectTransport({ baseUrl: options.url, httpVersion: '2' });
  const dice = chance(20_26);
  await deployTasks(transport, scope, runs > 0);
  const seeded: { name: string; task: string; phase: ActionPhase }[] = [];
  const shifts: Shift[] = [];
  const past = options.database !== undefined;
  for (let index = 0; index < runs; index++) {
    const phase = phaseOf(index, dice);
    const task = dice.weighted(SEED_TASKS, ({ weight }) => weight);
    const outcome = await seedRun(transport, {
      scope,
      task,
      index,
      dice,
      past,
      phase: phase ?? (dice.below(task.failureRate) ? ActionPhase.FAILED : ActionPhase.SUCCEEDED),
    });
    seeded.push({ name: outcome.name, task: task.name, phase: outcome.phase });
    // Denser by day than by night, over nine days; what still goes on began a moment ago.
    const age =
      phase !== undefined && index < 10
        ? outcome.elapsedMs + 4000
        : (index / runs) ** 1.6 * 9 * 24 * HOUR_MS + HOUR_MS / 6;
    shifts.push({
      run: outcome.name,
      startedAt: Date.now() - Math.max(age, outcome.elapsedMs + 1000),
      person: dice.pick(PEOPLE),
      actions: outcome.actions,
    });
  }
  await seedTracked(transport, scope, dice, Math.ceil(runs / 16));
  if (options.database !== undefined) await shiftRuns(options.database, { project, domain }, shifts);
  return { runs: seeded };
}

/** The newest ten are still going on, in each phase that this can be; a few of the others ended unusually. */
function phaseOf(index: number, dice: Dice): ActionPhase | undefined {
  const now = [
    ActionPhase.QUEUED,
    ActionPhase.RUNNING,
    ActionPhase.INITIALIZING,
    ActionPhase.RUNNING,
    ActionPhase.WAITING_FOR_RESOURCES,
    ActionPhase.PAUSED,
    ActionPhase.RUNNING,
    ActionPhase.FAILED,
    ActionPhase.SUCCEEDED,
    ActionPhase.RECOVERED,
  ];
  if (index < now.length) return now[index];
  if (dice.below(0.03)) return ActionPhase.ABORTED;
  return dice.below(0.02) ? ActionPhase.TIMED_OUT : undefined;
}

async function deployTasks(transport: Transport, scope: typeof scopeShape, deploy: boolean): Promise<void> {
  const tasks = createClient(TaskService, transport);
  for (const { name, environment, versions, inputs, outputs } of deploy ? SEED_TASKS : []) {
    for (const version of versions) {
      await tasks.deployTask({
        taskId: { ...scope, name, version },
        spec: taskSpecOf(name, environment, inputs, outputs),
      });
    }
  }
}

const scopeShape = { org: '', project: '', domain: '' };

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { database: { type: 'string' }, runs: { type: 'string' }, project: { type: 'string' } },
  });
  const url = positionals[0] ?? 'http://localhost:8090';
  const runs = Number(values.runs ?? 200);
  const { runs: made } = await seed({
    url,
    database: values.database,
    runs,
    ...(values.project !== undefined && { project: values.project }),
  });
  console.log(`${made.length} runs: ${url}/v2/domain/development/project/${values.project ?? 'shop'}/runs`);
}

import { create } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { createClient, type Transport } from '@connectrpc/connect';
import { LiteralSchema, type Literal } from '../../src/gen/flyteidl2/core/literals_pb.js';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { type ActionEvent, RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { InternalRunService } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import type { Dice } from './seed-dice.ts';
import { eventsOf } from './seed-events.ts';
import { uploadOutputs } from './seed-outputs.ts';
import { type PlannedAction, planRun } from './seed-plan.ts';
import { type SeedTask, simpleType, taskSpecOf } from './seed-tasks.ts';

/** Where runs belong. */
export interface SeedScope {
  readonly org: string;
  readonly project: string;
  readonly domain: string;
}

/** One run to make. */
export interface SeedRun {
  readonly scope: SeedScope;
  readonly task: SeedTask;
  readonly index: number;
  readonly dice: Dice;
  /** What it shall come to. */
  readonly phase: ActionPhase;
  /** Whether times may run ahead, because the run is moved into the past later. */
  readonly past: boolean;
}

/** Creates the run and reports all that happened in it. */
export async function seedRun(transport: Transport, seed: SeedRun) {
  const { scope, task, index, dice, phase } = seed;
  const runs = createClient(RunService, transport);
  const internal = createClient(InternalRunService, transport);
  const name = `${task.environment}-${(index + 1).toString().padStart(4, '0')}-${(dice.int(1e6) + 1e6).toString(36)}`;
  const { actions, elapsedMs } = planRun(task, phase, dice);
  const run = { ...scope, name };
  const created = await runs.createRun({
    id: { case: 'runId', value: run },
    task: { case: 'taskId', value: { ...scope, name: task.name, version: dice.pick(task.versions) } },
    inputWrapper: { case: 'inputs', value: { literals: inputsOf(task, index, dice) } },
    runSpec: { labels: { values: labelsOf(task, dice) } },
    source: sourceOf(task, dice),
  });
  const startedAt = Number(created.run?.action?.status?.startTime?.seconds ?? 0n) * 1000 + 1;
  for (const action of actions.slice(1)) await internal.recordAction(recordOf(run, action));
  const outputs =
    phase === ActionPhase.SUCCEEDED && index < 60
      ? await uploadOutputs(transport, scope, name, outputsOf(task, dice))
      : undefined;
  const at = (ms: number) => timestampFromMs(Math.round(startedAt + (seed.past ? ms : 0)));
  const events: ActionEvent[] = actions.flatMap((action) =>
    eventsOf({
      run,
      action,
      error: { code: task.code, message: task.error },
      at,
      outputUri: action.name === 'a0' ? outputs : undefined,
    }),
  );
  if (events.length > 0) {
    const { status } = await internal.recordActionEvents({ events });
    if (status?.code !== 0) throw new Error(`${name}: ${status?.message}`);
  }
  await settle(internal, run, actions, at);
  return { name, phase, elapsedMs, actions };
}

/** Ends what events alone leave open: a failed attempt could be followed by another. */
async function settle(
  internal: ReturnType<typeof createClient<typeof InternalRunService>>,
  run: SeedScope & { name: string },
  actions: readonly PlannedAction[],
  at: (ms: number) => Timestamp,
): Promise<void> {
  for (const { name, phase, attempts, to } of actions) {
    if (phase !== ActionPhase.FAILED && phase !== ActionPhase.TIMED_OUT && phase !== ActionPhase.ABORTED)
      continue;
    const { status } = await internal.updateActionStatus({
      actionId: { run, name },
      status: { phase, attempts, endTime: at(to) },
      ...(phase === ActionPhase.ABORTED && { abortReason: 'stopped by hand' }),
    });
    if (status?.code !== 0) throw new Error(`${run.name}: ${status?.message}`);
  }
}

function recordOf(run: SeedScope & { name: string }, { name, parent, group, task, kind }: PlannedAction) {
  const head = { actionId: { run, name }, parent, group, inputUri: '' };
  if (kind === 'trace') {
    return { ...head, spec: { case: 'trace' as const, value: { name: task, spec: {} } } };
  }
  if (kind === 'condition') {
    const value = {
      name: task,
      type: simpleType(SimpleType.BOOLEAN),
      prompt: 'Shall the report be sent to **everybody**?',
      promptType: 2,
      description: 'The numbers of this week differ from those of last week by more than a tenth.',
    };
    return { ...head, spec: { case: 'condition' as const, value } };
  }
  const spec = taskSpecOf(
    task,
    task.split('.')[0] ?? '',
    { part: SimpleType.INTEGER },
    { o0: SimpleType.INTEGER },
  );
  return {
    ...head,
    spec: { case: 'task' as const, value: { id: { ...run, name: task, version: '1' }, spec, queue: '' } },
  };
}

function labelsOf(task: SeedTask, dice: Dice): Record<string, string> {
  return {
    team: task.environment === 'training' ? 'research' : 'data',
    ...(dice.below(0.4) && { priority: dice.pick(['low', 'high']) }),
    ...(dice.below(0.15) && { ticket: `OPS-${100 + dice.int(40)}` }),
  };
}

function sourceOf(task: SeedTask, dice: Dice): RunSource {
  if (task.environment === 'monitoring') return RunSource.SCHEDULE_TRIGGER;
  return dice.below(0.15) ? RunSource.WEB : RunSource.CLI;
}

function inputsOf({ inputs }: SeedTask, index: number, dice: Dice) {
  return Object.entries(inputs).map(([name, type]) => ({ name, value: literal(name, type, index, dice) }));
}

function outputsOf({ outputs }: SeedTask, dice: Dice) {
  return Object.entries(outputs).map(([name, type]) => ({ name, value: literal(name, type, 0, dice) }));
}

function literal(name: string, type: SimpleType, index: number, dice: Dice): Literal {
  return create(LiteralSchema, {
    value: {
      case: 'scalar',
      value: { value: { case: 'primitive', value: { value: primitive(name, type, index, dice) } } },
    },
  });
}

function primitive(name: string, type: SimpleType, index: number, dice: Dice) {
  switch (type) {
    case SimpleType.INTEGER:
      return { case: 'integer' as const, value: BigInt(dice.int(10_000)) };
    case SimpleType.FLOAT:
      return { case: 'floatValue' as const, value: Number((dice.next() / 10).toFixed(4)) };
    case SimpleType.BOOLEAN:
      return { case: 'boolean' as const, value: dice.below(0.5) };
    default:
      return {
        case: 'stringValue' as const,
        value:
          name === 'day'
            ? `2026-11-${String(1 + (index % 28)).padStart(2, '0')}`
            : `s3://lake/${name}/${index}`,
      };
  }
}

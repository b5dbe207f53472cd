import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { createClient, type Transport } from '@connectrpc/connect';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { TrackedRunService } from '../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';
import type { Dice } from './seed-dice.ts';
import { eventsOf } from './seed-events.ts';
import { planRun } from './seed-plan.ts';
import { isTerminalSeed } from './seed-phase.ts';
import type { SeedScope } from './seed-run.ts';
import { SEED_TASKS, taskSpecOf } from './seed-tasks.ts';

/** Reports runs that were executed somewhere else, over the last two days. */
export async function seedTracked(
  transport: Transport,
  scope: SeedScope,
  dice: Dice,
  count: number,
): Promise<void> {
  const tracked = createClient(TrackedRunService, transport);
  for (let index = 0; index < count; index++) {
    const task = dice.pick(SEED_TASKS);
    const phase =
      index === 0 ? ActionPhase.RUNNING : dice.below(0.25) ? ActionPhase.FAILED : ActionPhase.SUCCEEDED;
    const { actions, elapsedMs } = planRun(task, phase, dice);
    const startedAt = Date.now() - elapsedMs - index * 4 * 3_600_000;
    const run = { ...scope, name: `local-${(dice.int(2 ** 31) + 2 ** 31).toString(16)}` };
    const spec = taskSpecOf(task.name, task.environment, task.inputs, task.outputs);
    await tracked.createRun({
      id: { case: 'runId', value: run },
      task: { case: 'taskSpec', value: spec },
      labels: { machine: dice.pick(['laptop', 'workstation']) },
      runStartTime: timestampFromMs(Math.round(startedAt)),
    });
    const updates = actions
      .filter(({ kind }) => kind !== 'condition')
      .flatMap((action) =>
        eventsOf({
          run,
          action,
          error: { code: task.code, message: task.error },
          at: (ms) => timestampFromMs(Math.round(startedAt + ms)),
        }).map((event) => ({
          event,
          // Says that it is over: what failed could be tried again.
          ...(event.phase === action.phase &&
            event.attempt === action.attempts &&
            isTerminalSeed(action.phase) && {
              status: { phase: action.phase, attempts: action.attempts, endTime: event.updatedTime },
            }),
          parentName: action.parent,
          group: action.group,
          spec:
            action.kind === 'trace'
              ? { case: 'trace' as const, value: { name: action.task, spec: {} } }
              : {
                  case: 'task' as const,
                  value: {
                    id: { ...run, name: action.task, version: '1' },
                    spec: taskSpecOf(action.task, task.environment),
                    queue: '',
                  },
                },
        })),
      );
    const { statuses } = await tracked.reportActions({ runId: run, updates });
    const refused = statuses.find(({ code }) => code !== 0);
    if (refused !== undefined) throw new Error(`${run.name}: ${refused.message}`);
  }
}

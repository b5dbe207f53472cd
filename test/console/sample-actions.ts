import { type ConsoleSuite, projectId, runId, scope } from './harness.ts';
import { TriggerAutomationSpecType } from '../../src/gen/flyteidl2/task/common_pb.js';
import { Phase } from './stories.ts';

/** An action of the sample data. */
export interface SampleAction {
  readonly run: string;
  readonly action: string;
}

/** Actions of the sample data that have much to show, each in its phase. */
export interface SampleActions {
  /** The child that made its run fail. */
  readonly failed: SampleAction;
  /** The root of a run with inputs and outputs, of the same task as the one that failed. */
  readonly succeeded: SampleAction;
  /** A condition that waits. */
  readonly paused: SampleAction;
}

/** Finds them, and gives the sample triggers. */
export async function findActions({ api, seeded }: ConsoleSuite): Promise<SampleActions> {
  await addTriggers(api);
  const failed = await findIn(Phase.FAILED);
  const paused = await findIn(Phase.PAUSED);
  const ofTask = seeded.runs.filter(({ phase }) => phase === Phase.SUCCEEDED);
  const task = seeded.runs.find(({ name }) => name === failed.run)?.task;
  const succeeded = ofTask.find((run) => run.task === task) ?? ofTask[0];
  if (succeeded === undefined) throw new Error('No run of the sample succeeded.');
  return { failed, paused, succeeded: { run: succeeded.name, action: 'a0' } };

  /** The last action in the phase, of the first run that has one below its root. */
  async function findIn(phase: Phase): Promise<SampleAction> {
    for (const { name } of seeded.runs.filter((run) => run.phase === phase)) {
      const { actions } = await api.runs.listActions({ runId: runId(name), request: { limit: 100 } });
      const found = actions.findLast(({ id, status }) => status?.phase === phase && id?.name !== 'a0');
      if (found?.id !== undefined) return { run: name, action: found.id.name };
    }
    throw new Error(`No run of the sample has an action in the phase ${Phase[phase]}.`);
  }
}

async function addTriggers({ triggers }: ConsoleSuite['api']): Promise<void> {
  for (const [taskName, name, expression, taskVersion, active] of [
    ['etl.nightly_orders', 'every-night', '0 2 * * *', '8d0e411', true],
    ['monitoring.check_freshness', 'every-ten-minutes', '*/10 * * * *', '77aa012', false],
    ['reports.weekly_report', 'on-mondays', '30 7 * * 1', '1.4.0', true],
  ] as const) {
    await triggers.deployTrigger({
      name: { org: projectId.organization, ...scope, taskName, name },
      spec: { active, taskVersion },
      automationSpec: {
        type: TriggerAutomationSpecType.TYPE_SCHEDULE,
        automation: {
          case: 'schedule',
          value: { expression: { case: 'cron', value: { expression, timezone: 'Europe/Berlin' } } },
        },
      },
    });
  }
}

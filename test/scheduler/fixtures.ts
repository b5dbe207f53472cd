import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { InputsSchema, TriggerAutomationSpecType } from '../../src/gen/flyteidl2/task/common_pb.js';
import { TriggerAutomationSpecSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { TaskIdentifierSchema, TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import { TriggerSpecSchema } from '../../src/gen/flyteidl2/trigger/trigger_definition_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { insertTask } from '../../src/repository/tasks.ts';
import type { NewTrigger, StoredTriggerKey, TriggerRow } from '../../src/repository/triggers.ts';
import { deployTrigger } from '../../src/repository/triggers-write.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { type Instant, parseInstant, plusMillis } from '../../src/runs/instant.ts';
import { person } from '../repository/fixtures.ts';

const PLACE = { org: 'acme', project: 'p', domain: 'd' };

/** The moment at which tests of the scheduler begin. */
export const START = instant('2026-03-02T10:00:00Z');

/** A time as people write it. */
export function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed === undefined) throw new Error(`${text} is no time`);
  return parsed;
}

/** So many minutes (and seconds) after START. */
export const minute = (minutes: number, seconds = 0): Instant =>
  plusMillis(START, minutes * 60_000 + seconds * 1000);

/** The key of a trigger of the task `work`. */
export const triggerKey = (name: string): StoredTriggerKey => ({
  org_key: '',
  project: 'p',
  domain: 'd',
  task_name: 'mod.work',
  name,
});

/** Deploys versions of the task `mod.work`. */
export async function deployTask(
  dialect: Dialect,
  writer: GroupCommit,
  ...versions: string[]
): Promise<void> {
  for (const version of versions) {
    const id = create(TaskIdentifierSchema, { ...PLACE, name: 'mod.work', version });
    const spec = create(TaskSpecSchema, {
      taskTemplate: { id: { ...PLACE, name: 'mod.work', version }, type: 'python' },
      shortName: `work ${version}`,
    });
    const key = { org_key: '', project: 'p', domain: 'd', name: 'mod.work', version };
    await writer.exclusive(async (db, unit) => {
      await insertTask(dialect, db, unit().now, { id, key, spec, by: person('ada') });
      return { result: undefined, flushed: [] };
    });
  }
}

/** A trigger with a schedule. */
export function scheduled(
  name: string,
  schedule: { cron: string; timezone?: string; kickoff?: string },
  spec: MessageInitShape<typeof TriggerSpecSchema> = {},
): NewTrigger {
  return {
    key: triggerKey(name),
    org: 'acme',
    spec: create(TriggerSpecSchema, { active: true, taskVersion: 'v1', ...spec } as MessageInitShape<
      typeof TriggerSpecSchema
    >),
    automation: create(TriggerAutomationSpecSchema, {
      type: TriggerAutomationSpecType.TYPE_SCHEDULE,
      automation: {
        case: 'schedule',
        value: {
          expression: {
            case: 'cron',
            value: { expression: schedule.cron, timezone: schedule.timezone ?? 'UTC' },
          },
          kickoffTimeInputArg: schedule.kickoff ?? '',
        },
      },
    }),
    withTask: false,
    by: person('ada'),
  };
}

/** Deploys triggers. */
export async function deploy(
  dialect: Dialect,
  writer: GroupCommit,
  ...triggers: NewTrigger[]
): Promise<TriggerRow[]> {
  return await writer.exclusive(async (db, unit) => {
    const { now } = unit();
    const result: TriggerRow[] = [];
    for (const trigger of triggers) result.push(await deployTrigger(dialect, db, now, trigger));
    return { result, flushed: [] };
  });
}

/** The runs that triggers started: `trigger revision time`, where the time is the datetime input `when`, in order. */
export async function firings(dialect: Dialect): Promise<string[]> {
  const rows = await dialect.reader
    .selectFrom('runs')
    .innerJoin('actions', 'actions.run_id', 'runs.id')
    .leftJoin('action_inputs', 'action_inputs.action_id', 'actions.id')
    .select(['runs.trigger_name', 'runs.trigger_revision', 'action_inputs.inputs'])
    .where('runs.trigger_name', 'is not', null)
    .execute();
  return rows
    .map(
      ({ trigger_name, trigger_revision, inputs }) => `${trigger_name} ${trigger_revision} ${whenOf(inputs)}`,
    )
    .sort();
}

function whenOf(inputs: Uint8Array | null): string {
  const literals = inputs === null ? [] : fromBinary(InputsSchema, inputs).literals;
  const value = literals.find(({ name }) => name === 'when')?.value?.value;
  if (value?.case !== 'scalar' || value.value.value.case !== 'primitive') return '-';
  const primitive = value.value.value.value.value;
  if (primitive.case !== 'datetime') return '-';
  return new Date(Number(primitive.value.seconds) * 1000).toISOString().slice(0, 16);
}

import { fromBinary } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import { TriggerAutomationSpecSchema } from '../gen/flyteidl2/task/common_pb.js';
import type { LatestRunSummary, TaskTriggersSummary } from '../gen/flyteidl2/task/task_definition_pb.js';
import { timestampOf } from '../runs/instant.ts';
import { type Phase, phaseNumber } from '../runs/phase.ts';
import type { Dialect } from './dialects/dialect.ts';
import { inList } from './dialects/list-terms.ts';
import { runIdentifier } from './read/run-message.ts';
import type { Row } from './schema.ts';
import type { TaskRow } from './tasks.ts';

/** A task whose summary is wanted; with `version`, that of one version. */
export type SummarizedTask = Pick<TaskRow, 'project' | 'domain' | 'name'> & { readonly version?: string };

const TASK = [
  { name: 'project', kind: 'text' },
  { name: 'domain', kind: 'text' },
  { name: 'name', kind: 'text' },
] as const;

type LatestRun = Pick<
  Row<'runs'>,
  'org' | 'project' | 'domain' | 'name' | 'created_at' | 'phase' | 'task_name'
>;

/** The newest run of each task, in their order; one index entry is read per task. */
export async function latestRuns(
  dialect: Dialect,
  orgKey: string,
  tasks: readonly SummarizedTask[],
): Promise<(LatestRunSummary | undefined)[]> {
  if (tasks.length === 0) return [];
  const versions = tasks.some(({ version }) => version !== undefined);
  const columns = [...TASK, { name: 'version', kind: 'text' } as const, { name: 'n', kind: 'int' } as const];
  const list = dialect.rows(
    columns,
    tasks.map(({ project, domain, name, version = '' }, n) => [project, domain, name, version, n]),
  );
  // A version is rarer than a task's runs, so it leads; the function keeps the other index out.
  const newest = versions
    ? sql`x.task_version = u.version and x.task_name = u.name and coalesce(x.task_project, '') = u.project
        and x.task_domain = u.domain order by x.created_at desc, x.name desc, x.id desc`
    : sql`x.task_name is not null and x.task_project = u.project and x.task_domain = u.domain
        and x.task_name = u.name order by x.created_at desc, x.id desc`;
  const { rows } = await sql<LatestRun & { n: number }>`
    select u.n, r.org, r.project, r.domain, r.name, r.created_at, r.phase, r.task_name
    from ${list} join runs as r on r.id = (
      select x.id from runs as x where x.org_key = ${orgKey} and x.kind = 'RUN' and ${newest} limit 1
    )`.execute(dialect.reader);
  const found = new Map(rows.map((row) => [Number(row.n), row]));
  return tasks.map((_, n) => {
    const row = found.get(n);
    return row && latestRun(row);
  });
}

function latestRun(row: LatestRun): LatestRunSummary {
  return {
    $typeName: 'flyteidl2.task.LatestRunSummary',
    runId: runIdentifier(row),
    runTime: timestampOf(row.created_at),
    phase: phaseNumber(row.phase as Phase),
    rootTaskName: row.task_name ?? '',
  };
}

/** The triggers of each task, in their order: one with its details, more as numbers. They count whatever version they start. */
export async function triggersSummaries(
  dialect: Dialect,
  orgKey: string,
  tasks: readonly SummarizedTask[],
): Promise<(TaskTriggersSummary | undefined)[]> {
  if (tasks.length === 0) return [];
  const list = dialect.rows(
    [...TASK, { name: 'n', kind: 'int' }],
    tasks.map(({ project, domain, name }, n) => [project, domain, name, n]),
  );
  const { rows } = await sql<{ n: number; total: number; active: number; id: number }>`
    select u.n, count(*) as total, sum(case when t.state = 'ACTIVE' then 1 else 0 end) as active, max(t.id) as id
    from ${list} join triggers as t on t.org_key = ${orgKey} and t.deleted = 0 and t.project = u.project
      and t.domain = u.domain and t.task_name = u.name
    group by u.n`.execute(dialect.reader);
  const alone = rows.filter(({ total }) => Number(total) === 1).map(({ id }) => Number(id));
  const details = new Map((await readTriggers(dialect, alone)).map((row) => [row.id, row]));
  const found = new Map(rows.map((row) => [Number(row.n), row]));
  return tasks.map((_, n) => {
    const row = found.get(n);
    return row && triggersSummary(row, details.get(Number(row.id)));
  });
}

type TriggerSummaryRow = Pick<Row<'triggers'>, 'id' | 'name' | 'state' | 'automation_spec'>;

async function readTriggers(dialect: Dialect, ids: readonly number[]): Promise<TriggerSummaryRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<TriggerSummaryRow>`
    select id, name, state, automation_spec from triggers where ${inList(dialect, sql`id`, ids, 'int')}`.execute(
    dialect.reader,
  );
  return rows;
}

function triggersSummary(
  { total, active }: { readonly total: number; readonly active: number },
  only: TriggerSummaryRow | undefined,
): TaskTriggersSummary {
  const $typeName = 'flyteidl2.task.TaskTriggersSummary';
  if (only !== undefined) {
    return {
      $typeName,
      summary: {
        case: 'details',
        value: {
          $typeName: 'flyteidl2.task.TaskTriggersSummary.TriggerDetails',
          name: only.name,
          active: only.state === 'ACTIVE',
          automationSpec: fromBinary(TriggerAutomationSpecSchema, only.automation_spec),
        },
      },
    };
  }
  return {
    $typeName,
    summary: {
      case: 'stats',
      value: {
        $typeName: 'flyteidl2.task.TaskTriggersSummary.TriggerStats',
        total: Number(total),
        active: Number(active),
      },
    },
  };
}

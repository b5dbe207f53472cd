import { create as message } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Filter_Function as Fn,
  ListRequestSchema,
  Sort_Direction,
} from '../../src/gen/flyteidl2/common/list_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import type { RunListQuery } from '../../src/repository/read/list-runs.ts';
import { insertRows } from '../../src/repository/write/rows.ts';
import { plusMillis } from '../../src/runs/instant.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { actionPages, type Init, runPages } from './lists.ts';
import { explain, recording, type Statement, scansAll } from './plans.ts';
import { actionRow, insertRuns, instant, pick, runRow, seeded } from './rows.ts';

const RUNS = 12_000;
const ACTIONS = 12_000;
/** What a statement for a page of 50 touches where an index has the rows in order: one more, and one of each walk beside. */
const EXACTLY = 60;
/** What it touches otherwise: as many rows as are read at once to be sorted, or a piece of a walk. */
const FEW = 2010;

const f = (field: string, fn: Fn, ...values: string[]) => ({
  filters: [{ field, function: fn, values }],
});
const by = (key: string, direction: Sort_Direction = Sort_Direction.DESCENDING) => ({
  sortByFields: [{ key, direction }],
});
const project = { by: 'project', project: 'flytesnacks', domain: 'development' } as const;
const task = { by: 'task', project: 'flytesnacks', domain: 'development', name: 'env.task3' } as const;
const middle = instant(RUNS * 500_000);

type Scope = Partial<Pick<RunListQuery, 'scope' | 'pausedOnly'>>;
/** Lists that must be read by an index that has them in order: no row more than the page needs. */
const EXACT: [string, Init, Scope?][] = [
  ['all', {}],
  ['all, oldest first', by('created_at', Sort_Direction.ASCENDING)],
  ['of a project', {}, { scope: project }],
  ['of a phase', f('phase', Fn.EQUAL, '6')],
  ['of a phase in a project', f('phase', Fn.EQUAL, '6'), { scope: project }],
  ['of some phases', f('phase', Fn.VALUE_IN, '5', '6', '4')],
  ['of some phases in a project', f('phase', Fn.VALUE_IN, '5', '6', '4'), { scope: project }],
  ['of a task', f('task_name', Fn.EQUAL, 'env.task3')],
  ['of some tasks', f('task_name', Fn.VALUE_IN, 'env.task3', 'env.task4')],
  ['of a version', f('task_version', Fn.EQUAL, 'v1')],
  ['of somebody', f('created_by', Fn.EQUAL, 'user1')],
  ['of a trigger', f('trigger_name', Fn.EQUAL, 'nightly')],
  ['since', f('created_at', Fn.GREATER_THAN, middle)],
  ['before', f('created_at', Fn.LESS_THAN, middle), { scope: project }],
  ['updated since, by update', { ...f('updated_at', Fn.GREATER_THAN, middle), ...by('updated_at') }],
  ['by end', by('ended_at', Sort_Direction.ASCENDING)],
  ['by duration', by('duration_ms')],
  ['by name', by('name')],
  ['by phase', by('phase')],
];
/** Lists that may look at more rows than they answer, but never at all of them. */
const BOUNDED: [string, Init, Scope?][] = [
  ['paused', {}, { pausedOnly: true }],
  ['paused in a project', {}, { pausedOnly: true, scope: project }],
  ['of a task, as scope', {}, { scope: task }],
  ['of a task of a version, as scope', {}, { scope: { ...task, version: 'v1' } }],
  ['of a name', f('name', Fn.EQUAL, 'run-77')],
  ['of many names', f('name', Fn.VALUE_IN, ...Array.from({ length: 40 }, (_, i) => `run-${i * 31}`))],
  ['updated since', f('updated_at', Fn.GREATER_THAN, instant((RUNS - 300) * 1_000_000))],
  ['updated in between', f('updated_at', Fn.EQUAL, plusMillis(instant(77_000_000), 5))],
  ['ended before', f('ended_at', Fn.LESS_THAN, instant(300_000_000))],
  ['that took long', f('duration_ms', Fn.GREATER_THAN, '99000')],
  ['with a label that few have', f('labels.rare', Fn.EQUAL, 'yes')],
  ['with a label key that few have', f('labels.rare', Fn.EXISTS)],
  ['with a label that many have', f('labels.team', Fn.EQUAL, 'red')],
  ['of a project, by duration', by('duration_ms'), { scope: project }],
];

describe.each(dialects)('statements of lists on $name', ({ create }) => {
  let database: TestDatabase;
  let plain: Dialect;
  let dialect: Dialect;
  let statements: Statement[];
  const parent = runRow(RUNS + 1, { name: 'parent', kind: 'RUN', project: 'elsewhere' });

  beforeAll(async () => {
    database = await create();
    plain = await openDatabase(database.config, 'shared');
    ({ dialect, statements } = recording(plain));
    const random = seeded(3);
    const runs = Array.from({ length: RUNS }, (_, i) => {
      const created = instant(i * 1_000_000);
      const phase =
        i > RUNS - 100 ? pick(random, ['RUNNING', 'PAUSED']) : pick(random, ['SUCCEEDED', 'FAILED']);
      const over = phase === 'SUCCEEDED' || phase === 'FAILED';
      return runRow(i + 1, {
        name: `run-${i}`,
        project: random() < 0.5 ? 'flytesnacks' : 'other',
        phase,
        created_at: created,
        updated_at: plusMillis(created, 5),
        end_time: over ? plusMillis(created, 4) : null,
        duration_ms: over ? Math.floor(random() * 100_000) : null,
        task_project: 'flytesnacks',
        task_domain: 'development',
        task_name: `env.task${Math.floor(random() * 20)}`,
        task_version: `v${Math.floor(random() * 30)}`,
        created_by_principal: `user${Math.floor(random() * 8)}`,
        trigger_name: random() < 0.1 ? 'nightly' : null,
        paused_actions: phase === 'PAUSED' ? 1 : 0,
        labels: JSON.stringify({
          team: pick(random, ['red', 'blue']),
          ...(random() < 0.01 ? { rare: 'yes' } : {}),
        }),
      });
    });
    await insertRuns(plain, [...runs, parent]);
    const actions = Array.from({ length: ACTIONS }, (_, i) =>
      actionRow(parent, i + 1, {
        name: `a${i}`,
        parent_action_name: i === 0 ? null : `a${Math.floor(i / 10)}`,
        action_type: i % 1000 === 5 ? 'CONDITION' : 'TASK',
      }),
    );
    await insertRows(plain, plain.writer, 'actions', actions);
    if (plain.kind === 'postgres') await sql`analyze`.execute(plain.writer);
  });

  afterAll(async () => {
    await plain?.close();
    await database?.drop();
  });

  /** The plans of what a page of 50 asked, and of what one far behind it asked. */
  async function plansOf(read: (init: Init) => Promise<{ token: string }>, init: Init) {
    statements.length = 0;
    let { token } = await read({ ...init, limit: 50 });
    const asked = statements.splice(0);
    for (let i = 0; i < 3 && token !== ''; i++)
      token = (await read({ ...init, limit: 1000, token })).token || token;
    statements.length = 0;
    if (token !== '') await read({ ...init, limit: 50, token });
    asked.push(...statements.splice(0));
    const plans = [];
    for (const statement of asked) plans.push(await explain(plain, statement));
    return plans;
  }

  it.each(EXACT)('runs %s: an index has them in order', async (_name, init, scope = {}) => {
    const read = (request: Init) => runPages(dialect, scope)(message(ListRequestSchema, request));
    for (const { plan, touched } of await plansOf(read, init)) {
      expect(scansAll(plan), plan).toBe(false);
      // Walks side by side are merged: what SQLite sorts for that is a page of each.
      if (!/MERGE|Append/.test(plan)) expect(plan).not.toMatch(/TEMP B-TREE|Sort/);
      expect(touched, plan).toBeLessThanOrEqual(EXACTLY);
    }
  });

  it.each([
    [
      'in a range',
      f('created_at', Fn.LESS_THAN, middle),
      /\(created_at,name\)<\(\?,\?\)|ROW\(created_at, name, id\) </,
    ],
    [
      'among rows without an end',
      by('ended_at', Sort_Direction.ASCENDING),
      /<expr>=\? AND (row)?id>\?|AND \(id >/,
    ],
  ])('a page deep %s starts at its token', async (_name, init, place) => {
    const plans = await plansOf((request) => runPages(dialect)(message(ListRequestSchema, request)), init);
    expect(plans.at(-1)?.plan).toMatch(place);
  });

  it.each(BOUNDED)('runs %s: no statement looks at many', async (_name, init, scope = {}) => {
    const read = (request: Init) => runPages(dialect, scope)(message(ListRequestSchema, request));
    for (const { plan, touched } of await plansOf(read, init)) {
      expect(scansAll(plan), plan).toBe(false);
      expect(touched, plan).toBeLessThanOrEqual(FEW);
    }
  });

  it.each([
    ['all', {}],
    ['of a name', f('name', Fn.EQUAL, 'a77')],
    ['of a parent', f('parent_name', Fn.EQUAL, 'a3')],
    ['that are conditions', f('action_type', Fn.EQUAL, '3')],
    ['since', f('created_at', Fn.GREATER_THAN, instant(6_000_000))],
  ] satisfies [string, Init][])('actions %s: an index finds them', async (_name, init) => {
    const read = (request: Init) => actionPages(dialect, parent)(message(ListRequestSchema, request));
    for (const { plan, touched } of await plansOf(read, init)) {
      expect(scansAll(plan), plan).toBe(false);
      expect(touched, plan).toBeLessThanOrEqual(FEW);
    }
  });
});

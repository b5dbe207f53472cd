import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { LIST_BOUNDS } from '../../src/repository/read/list-walk.ts';
import type { Row } from '../../src/repository/schema.ts';
import { insertRows } from '../../src/repository/write/rows.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import {
  actionPages,
  randomLimits,
  type ReadNames,
  readAll,
  runPages,
  TINY_BOUNDS,
  written,
} from './lists.ts';
import {
  actionFields,
  FUNCTIONS,
  type FunctionName,
  meets,
  type OracleField,
  runFields,
  sortedBy,
  type Value,
} from './oracle.ts';
import { insertRuns, pick, type Random, randomAction, randomRun, runRow, seeded, TEXTS } from './rows.ts';

const functions = Object.keys(FUNCTIONS) as FunctionName[];
const isText = (fn: FunctionName) => fn.includes('CONTAINS') || fn.includes('ENDS_WITH');
const countOf = (fn: FunctionName, random: Random) =>
  fn.includes('EXISTS') ? 0 : fn.startsWith('VALUE_') ? pick(random, [1, 2, 3, 20]) : 1;

interface Asked<R> {
  readonly field: OracleField<R>;
  readonly fn: FunctionName;
  readonly values: readonly Value[];
  readonly wire: { field: string; function: number; values: string[] };
}

/** A filter on the field that compares with values that rows have, or with pieces of them. */
function randomFilter<R>(
  random: Random,
  rows: readonly R[],
  field: OracleField<R>,
  fn: FunctionName,
): Asked<R> {
  const present = rows.map(field.value).filter((value) => value !== null && value !== '');
  const some = present.length > 0 ? present : ['TASK'];
  const values = Array.from({ length: countOf(fn, random) }, () => {
    if (!isText(fn)) return pick(random, some);
    const whole = String(pick(random, some));
    return pick(random, [
      whole.slice(0, 2),
      whole.slice(-2),
      whole,
      whole.toUpperCase(),
      '%',
      '_',
      '',
      ...TEXTS,
    ]);
  });
  const wire = values.map((value) => (isText(fn) ? String(value) : written(random, value, field.numbers)));
  return { field, fn, values, wire: { field: field.name, function: FUNCTIONS[fn], values: wire } };
}

async function compare<R extends { name: string; created_at: string; id: number }>(
  random: Random,
  rows: readonly R[],
  asked: readonly Asked<R>[],
  read: ReadNames,
): Promise<number> {
  const filtered = rows.filter((row) =>
    asked.every(({ field, fn, values }) => meets(field, fn, values, row)),
  );
  const expected = sortedBy(filtered, [
    { value: (row) => row.created_at, descending: true },
    { value: (row) => row.name, descending: true },
    { value: (row) => row.id, descending: true },
  ]);
  const names = await readAll(read, { filters: asked.map(({ wire }) => wire) }, randomLimits(random, 150));
  expect(names, JSON.stringify(asked.map(({ wire, fn }) => [wire.field, fn, wire.values]))).toEqual(
    expected.map(({ name }) => name),
  );
  return expected.length;
}

describe.each(dialects)('filters on $name answer what an evaluation in memory answers', ({ create }) => {
  const random = seeded(20261121);
  const all = Array.from({ length: 320 }, (_, i) => randomRun(random, i + 1, 120));
  const runs = all.filter(({ kind }) => kind === 'RUN');
  const parent: Row<'runs'> = runRow(1000, { name: 'parent', kind: 'RUN', project: 'elsewhere' });
  const actions = Array.from({ length: 250 }, (_, i) => randomAction(random, parent, i + 1, 100));
  let database: TestDatabase;
  let dialect: Dialect;

  beforeAll(async () => {
    database = await create();
    dialect = await openDatabase(database.config, 'shared');
    await insertRuns(dialect, all);
  });

  afterAll(async () => {
    await dialect?.close();
    await database?.drop();
  });

  it.each(functions)('%s on every field of runs', async (fn) => {
    let found = 0;
    for (const field of runFields) {
      for (const bounds of [LIST_BOUNDS, TINY_BOUNDS]) {
        const asked = randomFilter(random, runs, field, fn);
        found += await compare(random, runs, [asked], runPages(dialect, { bounds }));
      }
    }
    expect(found).toBeGreaterThan(0);
  });

  it('several filters at once, all of which must hold', async () => {
    for (let i = 0; i < 150; i++) {
      const asked = Array.from({ length: 2 + Math.floor(random() * 3) }, () => {
        const positive = pick(random, functions);
        return randomFilter(random, runs, pick(random, runFields), positive);
      });
      await compare(
        random,
        runs,
        asked,
        runPages(dialect, { bounds: i % 3 === 0 ? LIST_BOUNDS : TINY_BOUNDS }),
      );
    }
  });

  it('every scope, alone and with filters', async () => {
    const one = (row: Row<'runs'>) => ({ project: row.project, domain: row.domain });
    for (let i = 0; i < 40; i++) {
      const like = pick(random, runs);
      const asked =
        i % 2 === 0 ? [] : [randomFilter(random, runs, pick(random, runFields), pick(random, functions))];
      const bounds = i % 4 < 2 ? LIST_BOUNDS : TINY_BOUNDS;
      const project = { by: 'project' as const, ...one(like) };
      const inProject = runs.filter((r) => r.project === like.project && r.domain === like.domain);
      await compare(random, inProject, asked, runPages(dialect, { scope: project, bounds }));
      const paused = inProject.filter((r) => r.paused_actions > 0);
      await compare(random, paused, asked, runPages(dialect, { scope: project, pausedOnly: true, bounds }));
      if (like.task_name !== null && like.task_domain !== null) {
        const task = {
          by: 'task' as const,
          project: 'flytesnacks',
          domain: like.task_domain,
          name: like.task_name,
        };
        const ofTask = runs.filter(
          (r) => r.task_name === like.task_name && r.task_domain === like.task_domain,
        );
        await compare(random, ofTask, asked, runPages(dialect, { scope: task, bounds }));
        const version = like.task_version ?? 'v1';
        const ofVersion = ofTask.filter((r) => r.task_version === version);
        await compare(random, ofVersion, asked, runPages(dialect, { scope: { ...task, version }, bounds }));
      }
      if (like.trigger_name !== null && like.trigger_task_name !== null) {
        const { trigger_name: name, trigger_task_name: taskName } = like;
        const place = { project: 'flytesnacks', domain: 'development' };
        const ofTrigger = runs.filter((r) => r.trigger_name === name && r.trigger_task_name === taskName);
        const scope = { by: 'trigger' as const, ...place, name, taskName };
        await compare(random, ofTrigger, asked, runPages(dialect, { scope, bounds }));
      }
    }
  });

  it('the two kinds of runs do not see each other', async () => {
    const tracked = all.filter(({ kind }) => kind === 'TRACKED');
    await compare(random, tracked, [], runPages(dialect, { kind: 'TRACKED' }));
    await compare(random, runs, [], runPages(dialect));
  });

  describe('of actions', () => {
    beforeAll(async () => {
      await insertRuns(dialect, [parent]);
      await insertRows(dialect, dialect.writer, 'actions', actions);
    });

    it.each(functions)('%s on every field', async (fn) => {
      let found = 0;
      for (const field of actionFields) {
        for (const bounds of [LIST_BOUNDS, TINY_BOUNDS]) {
          const asked = randomFilter(random, actions, field, fn);
          found += await compare(random, actions, [asked], actionPages(dialect, parent, { bounds }));
        }
      }
      if (fn !== 'NOT_EXISTS') expect(found).toBeGreaterThan(0);
    });

    it('several filters at once', async () => {
      for (let i = 0; i < 60; i++) {
        const asked = [1, 2].map(() =>
          randomFilter(random, actions, pick(random, actionFields), pick(random, functions)),
        );
        await compare(random, actions, asked, actionPages(dialect, parent, { bounds: TINY_BOUNDS }));
      }
    });
  });
});

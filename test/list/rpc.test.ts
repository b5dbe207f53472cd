import { create as message, type MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Filter_Function as Fn, ListRequestSchema } from '../../src/gen/flyteidl2/common/list_pb.js';
import {
  ListActionsRequestSchema,
  ListRunsRequestSchema,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import type { RunKind } from '../../src/repository/write/commands/find.ts';
import { insertRows } from '../../src/repository/write/rows.ts';
import { listActions } from '../../src/rpc/run/list-actions.ts';
import { listRuns } from '../../src/rpc/run/list-runs.ts';
import type { Organizations } from '../../src/runs/identity.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { runPages } from './lists.ts';
import { recording } from './plans.ts';
import { actionRow, insertRuns, runRow } from './rows.ts';

describe.each(dialects)('the list calls on $name', ({ create }) => {
  let database: TestDatabase;
  let dialect: Dialect;
  const place = { project: 'p', domain: 'd' };
  const task = { ...place, name: 't' };
  const runs = [
    runRow(1, { ...place, name: 'one', org: 'acme', org_key: 'acme', labels: '{"a":"b"}' }),
    runRow(2, {
      ...place,
      name: 'two',
      org: 'acme',
      org_key: 'acme',
      task_project: 'p',
      task_domain: 'd',
      task_name: 't',
      task_version: 'v',
    }),
    runRow(3, { ...place, name: 'one', org: 'else', org_key: 'else' }),
    runRow(4, { ...place, name: 'three', org: 'acme' }),
    runRow(5, { ...place, name: 'four', org: 'else', phase: 'PAUSED', paused_actions: 1 }),
    runRow(6, { ...place, name: 'five', kind: 'TRACKED' }),
  ];

  beforeAll(async () => {
    database = await create();
    dialect = await openDatabase(database.config, 'shared');
    await insertRuns(dialect, runs);
    const four = runs[4] ?? runRow(0);
    await insertRows(dialect, dialect.writer, 'actions', [
      actionRow(four, 1, { name: 'a0' }),
      actionRow(four, 2, { name: 'x' }),
    ]);
  });

  afterAll(async () => {
    await dialect?.close();
    await database?.drop();
  });

  const list = async (
    organizations: Organizations,
    request: MessageInitShape<typeof ListRunsRequestSchema>,
    kind: RunKind = 'RUN',
  ) => {
    const answer = await listRuns(
      { dialect, organizations, maxScan: 1000 },
      kind,
    )(message(ListRunsRequestSchema, request));
    return answer.runs.map((run) => run.action?.id?.run?.name);
  };

  it('tell organizations apart only where they are separate', async () => {
    const by = (org: string) => ({ scopeBy: { case: 'org' as const, value: org } });
    expect(await list('separate', by('acme'))).toEqual(['two', 'one']);
    expect(await list('separate', by('else'))).toEqual(['one']);
    expect(await list('shared', by('acme'))).toEqual(['four', 'three']);
    expect(await list('shared', by('whatever'))).toEqual(['four', 'three']);
    expect(await list('shared', by('acme'), 'TRACKED')).toEqual(['five']);
  });

  it('take every scope of the contract', async () => {
    const projectId = { organization: 'acme', domain: 'd', name: 'p' };
    expect(await list('separate', { scopeBy: { case: 'projectId', value: projectId } })).toEqual([
      'two',
      'one',
    ]);
    expect(
      await list('shared', { scopeBy: { case: 'projectId', value: { ...projectId, name: 'q' } } }),
    ).toEqual([]);
    const taskName = { org: 'acme', ...task };
    expect(await list('separate', { scopeBy: { case: 'taskName', value: taskName } })).toEqual(['two']);
    expect(
      await list('separate', { scopeBy: { case: 'taskId', value: { ...taskName, version: 'v' } } }),
    ).toEqual(['two']);
    expect(
      await list('separate', { scopeBy: { case: 'taskId', value: { ...taskName, version: 'w' } } }),
    ).toEqual([]);
    const trigger = { org: 'acme', ...place, name: 'x', taskName: 't' };
    expect(await list('separate', { scopeBy: { case: 'triggerName', value: trigger } })).toEqual([]);
    const paused = { scopeBy: { case: 'org' as const, value: 'acme' }, pausedActionsOnly: true };
    expect(await list('shared', paused)).toEqual(['four']);
  });

  it('refuse a scope that is missing or holds control characters', async () => {
    const refused = { code: 'invalid_argument' };
    await expect(list('shared', {})).rejects.toMatchObject(refused);
    await expect(list('shared', { scopeBy: { case: 'org', value: 'a\0' } })).rejects.toMatchObject(refused);
    const nul = { organization: 'a', domain: 'd', name: 'p\0' };
    await expect(list('shared', { scopeBy: { case: 'projectId', value: nul } })).rejects.toMatchObject(
      refused,
    );
  });

  it('list the actions of a run of their kind', async () => {
    const runId = { org: 'x', ...place, name: 'four' };
    const deps = { dialect, organizations: 'shared' as const, maxScan: 1000 };
    const request = message(ListActionsRequestSchema, { runId, request: { limit: 1 } });
    const { actions, token } = await listActions(deps, 'RUN')(request);
    expect(actions.map(({ id }) => [id?.run?.org, id?.run?.name, id?.name])).toEqual([['else', 'four', 'x']]);
    const rest = message(ListActionsRequestSchema, { runId, request: { limit: 1, token } });
    expect(await listActions(deps, 'RUN')(rest)).toMatchObject({
      actions: [{ id: { name: 'a0' } }],
      token: '',
    });
    await expect(listActions(deps, 'TRACKED')(request)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('leave out a run that stopped meeting the filters while the page was read', async () => {
    await insertRuns(dialect, [
      runRow(20, { project: 'race', phase: 'RUNNING' }),
      runRow(21, { project: 'race', phase: 'RUNNING' }),
    ]);
    const finish = () =>
      dialect.writer.updateTable('runs').set({ phase: 'FAILED' }).where('id', '=', 20).execute();
    const racing = recording(dialect, async (statement) => {
      if (statement.sql.includes('"metadata"')) await finish();
    });
    const scope = { by: 'project', project: 'race', domain: 'development' } as const;
    const running = message(ListRequestSchema, {
      filters: [{ field: 'phase', function: Fn.EQUAL, values: ['RUNNING'] }],
    });
    expect((await runPages(racing.dialect, { scope })(running)).names).toEqual(['r21']);
    expect(racing.statements.some(({ sql }) => sql.includes('"metadata"'))).toBe(true);
  });
});

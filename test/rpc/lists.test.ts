import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import {
  Filter_Function as Fn,
  Sort_Direction,
  type ListRequestSchema,
} from '../../src/gen/flyteidl2/common/list_pb.js';
import type { ListRunsRequest } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { expectError, suites } from './harness.ts';
import {
  conditionRequest,
  createRunRequest,
  event,
  type Init,
  newName,
  PLACE,
  Phase,
  taskRequest,
  taskSpec,
} from './requests.ts';

type Scope = ListRunsRequest['scopeBy'];
type List = Init<typeof ListRequestSchema>;

suites(
  'ListRuns and ListActions',
  { over: ['Connect over HTTP/1.1', 'gRPC over h2c', 'JSON over HTTP/1.1'] },
  (suite) => {
    /** Five runs in a project of their own, oldest first, of which the last is of another task. */
    async function five() {
      const project = newName('proj');
      const place = { ...PLACE, project };
      const names: string[] = [];
      for (let i = 0; i < 5; i++) {
        const name = newName();
        names.push(name);
        const spec = taskSpec(i === 4 ? 'env.last' : 'env.first');
        if (spec.taskTemplate?.id) spec.taskTemplate.id.project = project;
        await suite.runs.createRun(
          createRunRequest(name, {
            id: { case: 'runId', value: { ...place, name } },
            task: { case: 'taskSpec', value: spec },
            runSpec: { labels: { values: { number: String(i), 'a.b/c': 'x' } } },
          }),
        );
      }
      const projectId = { organization: PLACE.org, domain: PLACE.domain, name: project };
      return { place, names, scope: { case: 'projectId', value: projectId } as unknown as Scope };
    }
    const namesOf = async (
      scopeBy: Scope,
      request: List = {},
      more: { pausedActionsOnly?: boolean } = {},
    ) => {
      const { runs, token } = await suite.runs.listRuns({ scopeBy, request, ...more });
      return { names: runs.map(({ action }) => action?.id?.run?.name), token };
    };

    test('every scope, newest first', async () => {
      const { place, names, scope } = await five();
      const newest = names.toReversed();
      expect((await namesOf(scope)).names).toEqual(newest);
      const task = { ...place, name: 'env.first' };
      const scopes: [unknown, unknown[]][] = [
        [{ case: 'taskName', value: task }, newest.slice(1)],
        [{ case: 'taskName', value: { ...task, name: 'env.none' } }, []],
        [{ case: 'taskId', value: { ...task, version: 'v1' } }, newest.slice(1)],
        [{ case: 'taskId', value: { ...task, version: 'v2' } }, []],
        [{ case: 'triggerName', value: { ...place, name: 'nightly', taskName: 'env.first' } }, []],
      ];
      for (const [scopeBy, expected] of scopes)
        expect((await namesOf(scopeBy as Scope)).names).toEqual(expected);
      const all = await namesOf({ case: 'org', value: PLACE.org }, { limit: 5 });
      expect(all.names).toEqual(newest);
    });

    test('a run in a list is what CreateRun answered, and follows its root action', async () => {
      const { place, scope, names } = await five();
      const [name = ''] = names;
      const id = { run: { ...place, name }, name: 'a0' };
      await suite.internal.recordActionEvents({ events: [{ ...event(name, 'a0', Phase.SUCCEEDED), id }] });
      const { runs } = await suite.runs.listRuns({ scopeBy: scope });
      const { details } = await suite.runs.getRunDetails({ runId: { ...place, name } });
      const listed = runs.at(-1);
      expect(listed?.action).toMatchObject({ id, status: { phase: Phase.SUCCEEDED } });
      expect(listed?.action?.status).toEqual(details?.action?.status);
      expect(listed?.action?.metadata).toEqual(details?.action?.metadata);
      expect(listed?.labels).toEqual({ number: '0', 'a.b/c': 'x' });
    });

    test('in pages, whose tokens lead from one to the next', async () => {
      const { scope, names } = await five();
      for (const order of [
        {},
        { sortBy: { key: 'created_at', direction: Sort_Direction.ASCENDING } },
        { sortByFields: [{ key: 'created_at', direction: Sort_Direction.ASCENDING }] },
      ]) {
        const seen: unknown[] = [];
        let token = '';
        do {
          const page = await namesOf(scope, { limit: 2, token, ...order });
          seen.push(...page.names);
          token = page.token;
        } while (token !== '');
        expect(seen).toEqual('sortBy' in order || 'sortByFields' in order ? names : names.toReversed());
      }
    });

    test('filters, as the SDK sends them', async () => {
      const { scope, names, place } = await five();
      const [first = ''] = names;
      await suite.internal.updateActionStatus({
        actionId: { run: { ...place, name: first }, name: 'a0' },
        status: { phase: Phase.FAILED, attempts: 1 },
      });
      const found = async (...filters: NonNullable<List['filters']>) =>
        (await namesOf(scope, { filters })).names;
      expect(await found({ function: Fn.EQUAL, field: 'phase', values: ['6'] })).toEqual([first]);
      expect(await found({ function: Fn.VALUE_IN, field: 'phase', values: ['6', '1'] })).toHaveLength(5);
      expect(await found({ function: Fn.EQUAL, field: 'task_name', values: ['env.last'] })).toEqual([
        names[4],
      ]);
      expect(await found({ function: Fn.EQUAL, field: 'labels.number', values: ['3'] })).toEqual([names[3]]);
      expect(await found({ function: Fn.EXISTS, field: 'labels.a.b/c', values: [] })).toHaveLength(5);
      expect(await found({ function: Fn.EQUAL, field: 'name', values: [first] })).toEqual([first]);
      expect(
        await found({
          function: Fn.GREATER_THAN,
          field: 'created_at',
          values: ['2000-01-01T00:00:00+00:00'],
        }),
      ).toHaveLength(5);
      expect(await found({ function: Fn.CONTAINS, field: 'name', values: ['%'] })).toEqual([]);
    });

    test('runs that wait for somebody', async () => {
      const { scope, names, place } = await five();
      const run = { ...place, name: names[2] ?? '' };
      await suite.internal.recordAction({ ...conditionRequest('', 'c1'), actionId: { run, name: 'c1' } });
      expect((await namesOf(scope, {}, { pausedActionsOnly: true })).names).toEqual([names[2]]);
      await suite.runs.signalEvent({
        actionId: { run, name: 'c1' },
        payload: { value: { case: 'boolValue', value: true } },
      });
      expect((await namesOf(scope, {}, { pausedActionsOnly: true })).names).toEqual([]);
    });

    test('the actions of a run', async () => {
      const { names, place } = await five();
      const run = { ...place, name: names[0] ?? '' };
      for (const name of ['t1', 't2'])
        await suite.internal.recordAction({ ...taskRequest('', name), actionId: { run, name } });
      await suite.internal.recordAction({
        ...conditionRequest('', 'c1'),
        parent: 't1',
        actionId: { run, name: 'c1' },
      });
      const actionsOf = async (request: List = {}) =>
        (await suite.runs.listActions({ runId: run, request })).actions.map(({ id }) => id?.name);
      const ascending = { sortBy: { key: 'created_at', direction: Sort_Direction.ASCENDING } };
      expect(await actionsOf(ascending)).toEqual(['a0', 't1', 't2', 'c1']);
      expect(
        await actionsOf({ filters: [{ function: Fn.EQUAL, field: 'action_type', values: ['3'] }] }),
      ).toEqual(['c1']);
      expect(
        await actionsOf({ filters: [{ function: Fn.EQUAL, field: 'parent_name', values: ['t1'] }] }),
      ).toEqual(['c1']);
      const { actions, token } = await suite.runs.listActions({
        runId: run,
        request: { limit: 3, ...ascending },
      });
      const rest = await suite.runs.listActions({ runId: run, request: { limit: 3, token, ...ascending } });
      expect([...actions, ...rest.actions].map(({ id }) => id?.name)).toEqual(['a0', 't1', 't2', 'c1']);
      const { details } = await suite.runs.getActionDetails({ actionId: { run, name: 'c1' } });
      expect(rest.actions[0]?.metadata).toEqual(details?.metadata);
      const none = suite.runs.listActions({ runId: { ...run, name: 'none' } });
      await expectError(none, Code.NotFound);
    });

    describe('What is refused', () => {
      const scope = { case: 'org', value: PLACE.org } as Scope;
      test.each<[string, List, RegExp]>([
        ['a limit that is too large', { limit: 1001 }, /1,?000/],
        ['a token of nobody', { token: 'nonsense' }, /token/],
        ['a token with NUL', { token: '\u0000' }, /token/],
        [
          'an unknown field',
          { filters: [{ field: 'colour', function: Fn.EQUAL, values: ['red'] }] },
          /colour/,
        ],
        [
          'a phase that is none',
          { filters: [{ field: 'phase', function: Fn.EQUAL, values: ['MAYBE'] }] },
          /MAYBE|phase/,
        ],
        [
          'a time that is none',
          { filters: [{ field: 'created_at', function: Fn.GREATER_THAN, values: ['soon'] }] },
          /soon|time/,
        ],
        [
          'a function that is none',
          { filters: [{ field: 'name', function: 8 as Fn, values: ['x'] }] },
          /function|8/,
        ],
        ['no value', { filters: [{ field: 'name', function: Fn.EQUAL, values: [] }] }, /value/],
        ['an unknown order', { sortBy: { key: 'colour' } }, /colour/],
      ])('%s', async (_, request, sentence) => {
        await expectError(namesOf(scope, request), Code.InvalidArgument, sentence);
      });

      test('a token of another list', async () => {
        const { scope: own } = await five();
        const { token } = await namesOf(own, { limit: 1 });
        expect(token).not.toBe('');
        await expectError(namesOf(scope, { limit: 1, token }), Code.InvalidArgument, /token/);
        const filters = [{ field: 'phase', function: Fn.EQUAL, values: ['1'] }];
        await expectError(namesOf(own, { limit: 1, token, filters }), Code.InvalidArgument, /token/);
      });
    });
  },
);

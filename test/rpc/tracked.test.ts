import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { TrackedActionUpdateSchema } from '../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { expectError, type Suite, suites } from './harness.ts';
import {
  actionId,
  at,
  createRun,
  createRunRequest,
  event,
  type Init,
  newName,
  PLACE,
  Phase,
  runId,
  taskSpec,
} from './requests.ts';

type Update = Init<typeof TrackedActionUpdateSchema>;

async function createTracked({ tracked }: Pick<Suite, 'tracked'>, name = newName('local')): Promise<string> {
  await tracked.createRun({
    id: { case: 'runId', value: runId(name) },
    task: { case: 'taskSpec', value: taskSpec() },
    runStartTime: at(0),
    labels: { from: 'laptop' },
  });
  return name;
}

/** A report of a task, as the SDK sends one with each phase. */
const report = (run: string, action: string, phase: Phase, seconds: number, more: Update = {}): Update => ({
  event: event(run, action, phase, { updatedTime: at(seconds) }),
  parentName: action === 'a0' ? '' : 'a0',
  spec: { case: 'task', value: { spec: taskSpec('my_env.child') } },
  status: { phase, attempts: 1 },
  ...more,
});

suites('TrackedRunService', {}, (suite) => {
  const details = async (run: string, action = 'a0') =>
    (await suite.tracked.getActionDetails({ actionId: actionId(run, action) })).details;
  const reportAll = async (run: string, ...updates: Update[]) =>
    (await suite.tracked.reportActions({ runId: runId(run), updates })).statuses.map(({ code }) => code);

  describe('CreateRun', () => {
    test('makes the run with its root action, from when it began', async () => {
      const name = newName('local');
      const { run } = await suite.tracked.createRun({
        id: { case: 'runId', value: runId(name) },
        task: { case: 'taskSpec', value: taskSpec() },
        runSpec: { labels: { values: { a: 'spec', b: 'spec' } } },
        labels: { a: 'request' },
        runStartTime: at(5),
      });
      expect(run?.labels).toEqual({ a: 'request', b: 'spec' });
      expect(run?.action).toMatchObject({
        id: actionId(name),
        status: { phase: Phase.QUEUED, startTime: at(5), attempts: 1 },
        metadata: { source: RunSource.TRACKED },
      });
      expect((await details(name))?.spec.case).toBe('task');
    });

    test('the same again answers the same run; another one is refused', async () => {
      const name = await createTracked(suite);
      await reportAll(name, report(name, 'a0', Phase.RUNNING, 1));
      await createTracked(suite, name);
      const other = suite.tracked.createRun({
        id: { case: 'runId', value: runId(name) },
        task: { case: 'taskSpec', value: taskSpec('my_env.other') },
      });
      await expectError(other, Code.AlreadyExists);
    });

    test('a generated name, and no deployed tasks', async () => {
      const id = {
        case: 'projectId',
        value: { organization: PLACE.org, domain: PLACE.domain, name: PLACE.project },
      } as const;
      const { run } = await suite.tracked.createRun({ id, task: { case: 'taskSpec', value: taskSpec() } });
      expect(run?.action?.id?.run?.name).toMatch(/^r[a-z0-9]{19}$/);
      const task = { case: 'taskId', value: { ...PLACE, name: 'n', version: 'v' } } as const;
      await expectError(suite.tracked.createRun({ id, task }), Code.NotFound, /no deployed task/);
    });

    test('names are shared with the other runs', async () => {
      const name = await createRun(suite);
      await expectError(createTracked(suite, name), Code.AlreadyExists);
      const tracked = await createTracked(suite);
      await expectError(suite.runs.createRun(createRunRequest(tracked)), Code.AlreadyExists);
    });
  });

  describe('ReportActions', () => {
    test('records actions with their first report, and moves them', async () => {
      const run = await createTracked(suite);
      const codes = await reportAll(
        run,
        report(run, 'a0', Phase.RUNNING, 1),
        report(run, 'child', Phase.RUNNING, 2, { group: 'g' }),
        report(run, 'child', Phase.SUCCEEDED, 3),
        report(run, 'a0', Phase.SUCCEEDED, 4),
      );
      expect(codes).toEqual([0, 0, 0, 0]);
      expect(await details(run, 'child')).toMatchObject({
        status: { phase: Phase.SUCCEEDED, startTime: at(2), endTime: at(3) },
        metadata: { parent: 'a0', group: 'g' },
      });
      expect(await details(run)).toMatchObject({
        status: { phase: Phase.SUCCEEDED, startTime: at(0), endTime: at(4) },
      });
    });

    test('repeats are acknowledged and change nothing', async () => {
      const run = await createTracked(suite);
      const updates = [
        report(run, 'a0', Phase.RUNNING, 1),
        report(run, 'child', Phase.FAILED, 2, { status: { phase: Phase.FAILED, attempts: 1 } }),
      ];
      await reportAll(run, ...updates);
      const before = [await details(run), await details(run, 'child')];
      expect(await reportAll(run, ...updates, ...updates)).toEqual([0, 0, 0, 0]);
      expect([await details(run), await details(run, 'child')]).toEqual(before);
    });

    test('a trace is there with its outputs', async () => {
      const run = await createTracked(suite);
      const trace = {
        name: 'my_trace',
        phase: Phase.SUCCEEDED,
        startTime: at(1),
        endTime: at(2),
        outputs: { outputUri: 's3://b/trace' },
        spec: {},
      };
      const update = report(run, 't1', Phase.SUCCEEDED, 2, { spec: { case: 'trace', value: trace } });
      expect(await reportAll(run, update)).toEqual([0]);
      expect(await details(run, 't1')).toMatchObject({
        status: { phase: Phase.SUCCEEDED },
        attempts: [{ outputs: trace.outputs }],
      });
    });

    test('one status per update, in their order', async () => {
      const run = await createTracked(suite);
      const other = await createTracked(suite);
      const codes = await reportAll(
        run,
        report(run, 'a0', Phase.RUNNING, 1),
        { event: event(run, 'unknown', Phase.RUNNING) },
        { event: event(other, 'a0', Phase.RUNNING) },
        report(run, 'child', 99 as Phase, 1),
        report(run, 'child', Phase.RUNNING, 1),
      );
      expect(codes).toEqual([0, Code.NotFound, Code.InvalidArgument, Code.InvalidArgument, 0]);
      expect((await details(other))?.status?.phase).toBe(Phase.QUEUED);
      await expectError(details(run, 'unknown'), Code.NotFound);
    });

    test('after an abort every report is refused, so that the caller stops', async () => {
      const run = await createTracked(suite);
      await reportAll(run, report(run, 'a0', Phase.RUNNING, 1), report(run, 'child', Phase.RUNNING, 1));
      await suite.tracked.abortRun({ runId: runId(run), reason: '😀'.repeat(300) });
      const { statuses } = await suite.tracked.reportActions({
        runId: runId(run),
        updates: [
          report(run, 'child', Phase.SUCCEEDED, 2),
          report(run, 'new', Phase.RUNNING, 2),
          report(run, 'a0', Phase.SUCCEEDED, 2),
        ],
      });
      expect(statuses.map(({ code }) => code)).toEqual(Array(3).fill(Code.FailedPrecondition));
      expect(statuses[0]?.message).toMatch(/was aborted: (😀)+$/u);
      expect((await details(run, 'child'))?.status?.phase).toBe(Phase.ABORTED);
      await expectError(details(run, 'new'), Code.NotFound);
    });

    test('of a run that is not there, or not tracked', async () => {
      const none = newName('none');
      await expectError(
        reportAll(none, report(none, 'a0', Phase.RUNNING, 1)),
        Code.NotFound,
        /no tracked run/,
      );
      const run = await createRun(suite);
      await expectError(reportAll(run, report(run, 'a0', Phase.RUNNING, 1)), Code.NotFound, /no tracked run/);
      await expectError(reportAll(await createTracked(suite)), Code.InvalidArgument, /updates/);
    });
  });

  describe('The two kinds of runs', () => {
    test('do not find each other', async () => {
      const tracked = await createTracked(suite);
      const run = await createRun(suite);
      await expectError(suite.runs.getRunDetails({ runId: runId(tracked) }), Code.NotFound);
      await expectError(suite.runs.getActionDetails({ actionId: actionId(tracked) }), Code.NotFound);
      await expectError(suite.runs.abortRun({ runId: runId(tracked) }), Code.NotFound);
      await expectError(suite.runs.listActions({ runId: runId(tracked) }), Code.NotFound);
      await expectError(suite.tracked.getRunDetails({ runId: runId(run) }), Code.NotFound);
      await expectError(suite.tracked.abortRun({ runId: runId(run) }), Code.NotFound);
      await expectError(suite.tracked.listActions({ runId: runId(run) }), Code.NotFound);
      expect(
        (await suite.tracked.getRunDetails({ runId: runId(tracked) })).details?.action?.id,
      ).toMatchObject(actionId(tracked));
    });

    test('are not in each other’s lists', async () => {
      const tracked = await createTracked(suite);
      const run = await createRun(suite);
      const request = { scopeBy: { case: 'org', value: PLACE.org }, request: { limit: 1000 } } as const;
      const names = async (client: Pick<Suite['runs'], 'listRuns'>) =>
        (await client.listRuns(request)).runs.map(({ action }) => action?.id?.run?.name);
      const [ordinary, reported] = [await names(suite.runs), await names(suite.tracked)];
      expect([ordinary.includes(run), ordinary.includes(tracked)]).toEqual([true, false]);
      expect([reported.includes(run), reported.includes(tracked)]).toEqual([false, true]);
    });
  });
});

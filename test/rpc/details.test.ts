import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Code } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { CacheMetadataSchema } from '../../src/gen/flyteidl2/common/cache_pb.js';
import { CatalogCacheStatus } from '../../src/gen/flyteidl2/core/catalog_pb.js';
import { LogContextSchema, TaskLog_MessageFormat } from '../../src/gen/flyteidl2/core/execution_pb.js';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import {
  type ActionAttempt,
  ActionEventSchema,
  ActionType,
  ClusterEvent_Type,
  ErrorInfo_Kind,
} from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { expectError, suites } from './harness.ts';
import {
  actionId,
  at,
  conditionRequest,
  createRun,
  event,
  newName,
  Phase,
  runId,
  taskRequest,
  taskSpec,
} from './requests.ts';

const plain = ({ phaseTransitions }: ActionAttempt) =>
  phaseTransitions.map(({ phase, startTime, endTime }) => [
    Phase[phase],
    Number(startTime?.seconds) - 1_800_000_000,
    endTime && Number(endTime.seconds) - 1_800_000_000,
  ]);

suites(
  'GetRunDetails and GetActionDetails',
  { over: ['Connect over HTTP/1.1', 'gRPC over h2c', 'JSON over HTTP/1.1'] },
  (suite) => {
    const details = async (run: string, action = 'a0') =>
      (await suite.runs.getActionDetails({ actionId: actionId(run, action) })).details;

    test('of a run that is not there', async () => {
      const name = newName('none');
      await expectError(suite.runs.getRunDetails({ runId: runId(name) }), Code.NotFound, new RegExp(name));
      await expectError(
        suite.runs.getActionDetails({ actionId: actionId(name) }),
        Code.NotFound,
        new RegExp(name),
      );
      const run = await createRun(suite);
      await expectError(
        suite.runs.getActionDetails({ actionId: actionId(run, 'a7') }),
        Code.NotFound,
        /no action "a7"/,
      );
      await expectError(
        suite.runs.getRunDetails({ runId: { ...runId(run), domain: 'staging' } }),
        Code.NotFound,
      );
    });

    test('everything that an event says comes back', async () => {
      const run = await createRun(suite);
      const sent = create(
        ActionEventSchema,
        event(run, 'a0', Phase.RUNNING, {
          version: 3,
          updatedTime: at(10),
          reportedTime: at(11),
          cluster: 'cluster-1',
          cacheStatus: CatalogCacheStatus.CACHE_MISS,
          cacheMetadata: { sourceActionAttempt: { actionId: actionId('cached'), attempt: 2 } },
          logInfo: [
            {
              name: 'stdout',
              uri: 'https://logs/1',
              messageFormat: TaskLog_MessageFormat.JSON,
              ttl: { seconds: 60n },
            },
          ],
          logContext: {
            primaryPodName: 'pod',
            pods: [{ podName: 'pod', namespace: 'ns', primaryContainerName: 'main' }],
          },
          outputs: { outputUri: 's3://bucket/out', reportUri: 's3://bucket/report.html' },
          clusterEvents: [
            {
              occurredAt: at(9),
              message: 'Pulled\u0000 image',
              type: ClusterEvent_Type.NORMAL,
              reason: 'Pulled',
              sourceComponent: 'kubelet',
              count: 2,
            },
            { occurredAt: at(8), message: 'Scheduled' },
          ],
        }),
      );
      await suite.internal.recordActionEvents({ events: [sent] });
      const [attempt] = (await details(run))?.attempts ?? [];
      expect(attempt).toMatchObject({
        phase: Phase.RUNNING,
        attempt: 1,
        logsAvailable: true,
        cluster: sent.cluster,
        cacheStatus: sent.cacheStatus,
        logInfo: sent.logInfo,
        outputs: sent.outputs,
        clusterEvents: sent.clusterEvents.toReversed(),
      });
      expect(
        equals(
          LogContextSchema,
          attempt?.logContext ?? create(LogContextSchema),
          sent.logContext ?? create(LogContextSchema),
        ),
      ).toBe(true);
      expect(
        equals(
          CacheMetadataSchema,
          attempt?.cacheMetadata ?? create(CacheMetadataSchema),
          sent.cacheMetadata ?? create(CacheMetadataSchema),
        ),
      ).toBe(true);
      expect((await details(run))?.status?.cacheStatus).toBe(CatalogCacheStatus.CACHE_MISS);
    });

    test('attempts with their histories, whatever order events arrive in', async () => {
      const run = await createRun(suite);
      const sent = [
        event(run, 'a0', Phase.FAILED, {
          updatedTime: at(40),
          errorInfo: { message: 'Traceback\nOSError: no', kind: ErrorInfo_Kind.SYSTEM, code: 'E1' },
        }),
        event(run, 'a0', Phase.RUNNING, { updatedTime: at(30) }),
        event(run, 'a0', Phase.INITIALIZING, { updatedTime: at(20) }),
        event(run, 'a0', Phase.SUCCEEDED, { attempt: 2, updatedTime: at(60), outputs: { outputUri: 'o' } }),
        event(run, 'a0', Phase.RUNNING, { attempt: 2, updatedTime: at(50) }),
      ];
      for (const one of [...sent, ...sent]) await suite.internal.recordActionEvents({ events: [one] });
      const got = await details(run);
      expect(got?.attempts.map(({ attempt, phase }) => [attempt, Phase[phase]])).toEqual([
        [1, 'FAILED'],
        [2, 'SUCCEEDED'],
      ]);
      const [first, second] = got?.attempts ?? [];
      expect(first && plain(first).slice(-3)).toEqual([
        ['INITIALIZING', 20, 30],
        ['RUNNING', 30, 40],
        ['FAILED', 40, 40],
      ]);
      expect(first?.endTime).toMatchObject(at(40));
      expect(first?.errorInfo).toMatchObject({
        message: 'Traceback\nOSError: no',
        kind: ErrorInfo_Kind.SYSTEM,
        code: 'E1',
      });
      expect(second && plain(second)).toEqual([
        ['RUNNING', 50, 60],
        ['SUCCEEDED', 60, 60],
      ]);
      expect(got?.status).toMatchObject({ phase: Phase.SUCCEEDED, attempts: 2, endTime: at(60) });
      expect(got?.result.case).toBeUndefined();
      expect((await suite.runs.getRunDetails({ runId: runId(run) })).details?.action).toEqual(got);
    });

    test('the error of a run that failed', async () => {
      const run = await createRun(suite);
      const errorInfo = { message: 'ü\nValueError: no', kind: ErrorInfo_Kind.USER, code: 'USER' };
      await suite.internal.recordActionEvents({ events: [event(run, 'a0', Phase.FAILED, { errorInfo })] });
      expect((await details(run))?.result.case).toBeUndefined();
      await suite.internal.updateActionStatus({
        actionId: actionId(run),
        status: { phase: Phase.FAILED, attempts: 1, durationMs: 1500n },
      });
      const got = await details(run);
      expect(got?.result).toMatchObject({ case: 'errorInfo', value: errorInfo });
      expect(got?.status).toMatchObject({ phase: Phase.FAILED, durationMs: 1500n });
    });

    test('children: tasks, traces and conditions with their own specs', async () => {
      const run = await createRun(suite);
      await suite.internal.recordAction(
        taskRequest(run, 'task', { group: 'g', subject: 'somebody', inputUri: 's3://b/in' }),
      );
      await suite.internal.recordAction({
        actionId: actionId(run, 'trace'),
        parent: 'task',
        spec: {
          case: 'trace',
          value: {
            name: 'my_trace',
            phase: Phase.SUCCEEDED,
            startTime: at(1),
            endTime: at(3),
            outputs: { outputUri: 's3://b/trace' },
            spec: { interface: {} },
          },
        },
      });
      await suite.internal.recordAction(conditionRequest(run, 'condition', SimpleType.STRING));

      const task = await details(run, 'task');
      expect(task?.metadata).toMatchObject({
        parent: 'a0',
        group: 'g',
        actionType: ActionType.TASK,
        funtionName: 'child',
        executedBy: { principal: { value: { id: { subject: 'somebody' } } } },
      });
      expect(task?.spec).toMatchObject({ case: 'task', value: { shortName: 'child' } });
      const trace = await details(run, 'trace');
      expect(trace?.metadata).toMatchObject({
        parent: 'task',
        actionType: ActionType.TRACE,
        spec: { case: 'trace', value: { name: 'my_trace' } },
      });
      expect(trace?.spec.case).toBe('trace');
      expect(trace?.status).toMatchObject({
        phase: Phase.SUCCEEDED,
        startTime: at(1),
        endTime: at(3),
        durationMs: 2000n,
      });
      expect(trace?.attempts[0]?.outputs?.outputUri).toBe('s3://b/trace');
      const condition = await details(run, 'condition');
      expect(condition?.metadata).toMatchObject({
        actionType: ActionType.CONDITION,
        spec: { case: 'condition', value: { name: 'approve', type: { type: { value: SimpleType.STRING } } } },
      });
      expect(condition?.status?.phase).toBe(Phase.PAUSED);
      expect(condition?.spec).toMatchObject({ case: 'condition', value: { prompt: 'Go on?' } });
    });

    test('a spec that many actions share is kept once', async () => {
      const spec = taskSpec(newName('shared'));
      const before = await suite.service.rowCounts();
      await Promise.all([1, 2, 3].map(() => createRun(suite, { task: { case: 'taskSpec', value: spec } })));
      const after = await suite.service.rowCounts();
      expect((after.task_specs ?? 0) - (before.task_specs ?? 0)).toBe(1);
    });
  },
);

suites('Details of newer clients', {}, (suite) => {
  test('fields of an event that only they know survive', async () => {
    const run = await createRun(suite);
    const newer = new BinaryWriter().tag(4000, WireType.LengthDelimited).string('from the future').finish();
    const sent = create(ActionEventSchema, event(run, 'a0', Phase.FAILED, { attempt: 3 }));
    const inner = (value: Uint8Array, no: number) =>
      new BinaryWriter().tag(no, WireType.LengthDelimited).bytes(value).finish();
    // error_info, log_info, log_context, outputs, cluster_events and cache_metadata
    const numbers = [8, 9, 10, 12, 14, 16];
    const bytes = Buffer.concat([
      toBinary(ActionEventSchema, sent),
      ...numbers.map((no) => inner(newer, no)),
    ]);
    await suite.internal.recordActionEvents({ events: [fromBinary(ActionEventSchema, bytes)] });
    const { details } = await suite.runs.getActionDetails({ actionId: actionId(run) });
    const attempt = details?.attempts.find(({ attempt }) => attempt === 3);
    const parts = [
      attempt?.errorInfo,
      attempt?.logInfo[0],
      attempt?.logContext,
      attempt?.outputs,
      attempt?.clusterEvents[0],
      attempt?.cacheMetadata,
    ];
    for (const part of parts) expect(part?.$unknown).toMatchObject([{ no: 4000 }]);
  });
});

import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { RelationType } from '../../src/gen/flyteidl2/common/run_pb.js';
import { InputsSchema, type NamedLiteralSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { RunSpecSchema } from '../../src/gen/flyteidl2/task/run_pb.js';
import { TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import { ActionType, RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { CreateRunRequestSchema } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { expectError, suites } from './harness.ts';
import { at, type Init, createRunRequest, newName, PLACE, Phase, runId, taskSpec } from './requests.ts';

const inputs = (...values: number[]) =>
  create(InputsSchema, {
    literals: values.map(
      (value): Init<typeof NamedLiteralSchema> => ({
        name: 'x',
        value: {
          value: {
            case: 'scalar',
            value: { value: { case: 'primitive', value: { value: { case: 'floatValue', value } } } },
          },
        },
      }),
    ),
  });

suites('CreateRun', {}, (suite) => {
  test('answers the run with its root action', async () => {
    const name = newName();
    const { run } = await suite.runs.createRun(createRunRequest(name, { source: RunSource.CLI }));
    expect(run?.action?.id).toMatchObject({ run: runId(name), name: 'a0' });
    expect(run?.action?.status).toMatchObject({ phase: Phase.QUEUED, attempts: 1 });
    expect(run?.action?.status?.startTime).toBeDefined();
    expect(run?.action?.metadata).toMatchObject({
      source: RunSource.CLI,
      actionType: ActionType.TASK,
      funtionName: 'my_task',
      environmentName: 'my_env',
      executedBy: { principal: { case: 'user' } },
      spec: {
        case: 'task',
        value: {
          id: { ...PLACE, name: 'my_env.my_task', version: 'v1' },
          taskType: 'python',
          shortName: 'my_task',
        },
      },
    });
    const { details } = await suite.runs.getRunDetails({ runId: runId(name) });
    expect(details?.action?.attempts).toMatchObject([
      { attempt: 1, phase: Phase.QUEUED, phaseTransitions: [{ phase: Phase.QUEUED }] },
    ]);
  });

  test('makes up names: r and 19 characters, each time another', async () => {
    const request = createRunRequest('unused', {
      id: {
        case: 'projectId',
        value: { organization: PLACE.org, domain: PLACE.domain, name: PLACE.project },
      },
    });
    const answers = await Promise.all(Array.from({ length: 5 }, () => suite.runs.createRun(request)));
    const names = answers.map(({ run }) => run?.action?.id?.run?.name ?? '');
    for (const name of names) expect(name).toMatch(/^r[a-z0-9]{19}$/);
    expect(new Set(names).size).toBe(5);
    expect(answers[0]?.run?.action?.id?.run).toMatchObject(PLACE);
  });

  test('keeps labels, spec, start time and relation', async () => {
    const name = newName();
    const original = newName();
    await suite.runs.createRun(createRunRequest(original));
    const relation = { relatedTo: runId(original), relationType: RelationType.RERUN };
    const runSpec = create(RunSpecSchema, {
      labels: { values: { team: 'a', 'with space': 'ü = 1' } },
      annotations: { values: { note: 'kept' } },
      envs: { values: [{ key: 'A', value: '1' }] },
      interruptible: false,
      queue: 'fast',
      rawDataStorage: { rawDataPrefix: 's3://bucket/prefix' },
      notificationSettings: { case: 'notificationRuleName', value: 'rule' },
      maxActionConcurrency: 7,
      runBaseDir: '/base',
      clusterPool: 'pool',
      relation,
      recover: { forceRerunActions: ['one'] },
    });
    const { run } = await suite.runs.createRun(createRunRequest(name, { runSpec, runStartTime: at(1) }));
    expect(run?.labels).toEqual({ team: 'a', 'with space': 'ü = 1' });
    expect(run?.action?.metadata?.relation).toMatchObject(relation);
    const { details } = await suite.runs.getRunDetails({ runId: runId(name) });
    runSpec.runStartTime = details?.runSpec?.runStartTime;
    expect(details?.runSpec?.runStartTime).toMatchObject(at(1));
    expect(equals(RunSpecSchema, details?.runSpec ?? create(RunSpecSchema), runSpec)).toBe(true);
  });

  test('fields that only newer clients know survive in both specs', async () => {
    const name = newName();
    const newer = new BinaryWriter().tag(4000, WireType.LengthDelimited).string('from the future').finish();
    const spec = create(TaskSpecSchema, taskSpec());
    const request = createRunRequest(name, {
      task: {
        case: 'taskSpec',
        value: fromBinary(TaskSpecSchema, Buffer.concat([toBinary(TaskSpecSchema, spec), newer])),
      },
      runSpec: fromBinary(RunSpecSchema, newer),
    });
    await suite.runs.createRun(request);
    const { details } = await suite.runs.getRunDetails({ runId: runId(name) });
    const known = [
      details?.runSpec?.$unknown,
      details?.action?.spec.case === 'task' && details.action.spec.value.$unknown,
    ];
    for (const unknown of known) expect(unknown).toMatchObject([{ no: 4000 }]);
  });

  describe('the same name again', () => {
    test('with a request of the same meaning answers the same run', async () => {
      const name = newName();
      const request = () =>
        createRunRequest(name, {
          inputWrapper: { case: 'inputs', value: inputs(Number.NaN, -0) },
          runSpec: { labels: { values: { a: '1', b: '2' } }, envs: { values: [{ key: 'k', value: 'v' }] } },
          source: RunSource.WEB,
          runStartTime: at(5),
        });
      const first = await suite.runs.createRun(request());
      const reordered = request();
      if (reordered.runSpec)
        reordered.runSpec.labels = { $typeName: 'flyteidl2.task.Labels', values: { b: '2', a: '1' } };
      for (const again of [request(), reordered]) expect(await suite.runs.createRun(again)).toEqual(first);
    });

    test.each<[string, Init<typeof CreateRunRequestSchema>]>([
      ['source', { source: RunSource.WEB }],
      ['run spec', { runSpec: { queue: 'other' } }],
      ['task', { task: { case: 'taskSpec', value: taskSpec('my_env.other') } }],
      ['inputs', { inputWrapper: { case: 'inputs', value: inputs(1) } }],
      ['run spec', { runStartTime: at(9) }],
    ])('with another %s is refused', async (what, difference) => {
      const name = newName();
      await suite.runs.createRun(createRunRequest(name));
      const sentence = new RegExp(
        `run "flytesnacks/development/${name}" exists already, with another ${what}`,
      );
      await expectError(
        suite.runs.createRun(createRunRequest(name, difference)),
        Code.AlreadyExists,
        sentence,
      );
    });

    test('at the same time makes one run', async () => {
      const name = newName();
      const before = await suite.service.rowCounts();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => suite.runs.createRun(createRunRequest(name))),
      );
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      const after = await suite.service.rowCounts();
      for (const table of ['runs', 'actions', 'action_attempts', 'phase_transitions']) {
        expect((after[table] ?? 0) - (before[table] ?? 0), table).toBe(1);
      }
    });

    test('at the same time with different requests: one wins, the others are told', async () => {
      const name = newName();
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) =>
          suite.runs.createRun(createRunRequest(name, { runSpec: { queue: `q${i}` } })),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected')
          await expectError(Promise.reject(result.reason), Code.AlreadyExists);
      }
    });
  });

  test('there are no deployed tasks and no triggers yet', async () => {
    const id = { ...PLACE, name: 'nobody', version: 'v9' };
    await expectError(
      suite.runs.createRun(createRunRequest(newName(), { task: { case: 'taskId', value: id } })),
      Code.NotFound,
      /no deployed task "nobody" in version "v9"/,
    );
    const trigger = { ...PLACE, name: 'nightly', taskName: 'nobody' };
    await expectError(
      suite.runs.createRun(createRunRequest(newName(), { task: { case: 'triggerName', value: trigger } })),
      Code.NotFound,
      /no trigger "nightly" of task "nobody"/,
    );
  });

  test.each([
    ['Upper', /run name "Upper"/],
    ['1st', /run name "1st"/],
    ['end-', /run name "end-"/],
    ['a_b', /run name "a_b"/],
    ['a'.repeat(31), /30/],
    ['', /./],
  ])('the name %j is refused', async (name, sentence) => {
    await expectError(suite.runs.createRun(createRunRequest(name)), Code.InvalidArgument, sentence);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    [
      'too many',
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, ''])),
      /at most 100 labels/,
    ],
    ['an empty key', { '': 'x' }, /label key ""/],
    ['a long key', { ['é'.repeat(129)]: 'x' }, /256 bytes/],
    ['a long value', { k: 'é'.repeat(513) }, /1024 bytes/],
    ['NUL', { k: '\u0000' }, /control characters/],
  ])('labels: %s is refused', async (_, values, sentence) => {
    const request = createRunRequest(newName(), { runSpec: { labels: { values } } });
    await expectError(suite.runs.createRun(request), Code.InvalidArgument, sentence);
  });

  test.each(['Bad_Project', 'a/b', '-a', 'é', 'x'.repeat(64)])(
    'the project %j is refused',
    async (project) => {
      const id = { case: 'runId', value: { ...runId(newName()), project } } as const;
      await expectError(suite.runs.createRun(createRunRequest('x', { id })), Code.InvalidArgument, /project/);
    },
  );

  test('an unknown domain is not found', async () => {
    const id = { case: 'runId', value: { ...runId(newName()), domain: 'nowhere' } } as const;
    await expectError(suite.runs.createRun(createRunRequest('x', { id })), Code.NotFound, /nowhere/);
  });

  test.each([
    's3://bucket/inputs.pb',
    'file:///etc/passwd',
    '/etc/passwd',
    'http://169.254.169.254/latest/meta-data',
    '../../etc/passwd',
  ])('inputs at %s are refused: that is not our storage', async (uri) => {
    const inputWrapper = { case: 'offloadedInputData', value: { uri, inputsHash: 'h' } } as const;
    const request = createRunRequest(newName(), { inputWrapper });
    await expectError(suite.runs.createRun(request), Code.InvalidArgument, /offloaded_input_data\.uri/);
  });
});

suites('CreateRun without automatic projects', { autoCreate: false }, (suite) => {
  test('needs a project that exists and is not archived', async () => {
    const project = newName('p');
    const id = { case: 'runId', value: { ...runId(newName()), project } } as const;
    const request = createRunRequest('x', { id });
    await expectError(suite.runs.createRun(request), Code.NotFound, new RegExp(`no project "${project}"`));
    await suite.projects.createProject({ project: { id: project, name: project } });
    await suite.runs.createRun(request);
    await suite.projects.updateProject({ project: { id: project, name: project, state: 1 } });
    await suite.runs.createRun(request);
    const next = createRunRequest('x', { id: { case: 'runId', value: { ...id.value, name: newName() } } });
    await expectError(suite.runs.createRun(next), Code.FailedPrecondition, /archived/);
  });
});

import { create, fromBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { beforeAll, expect, it } from 'vitest';
import {
  FixedRateUnit,
  InputsSchema,
  TriggerAutomationSpecType as Type,
} from '../../src/gen/flyteidl2/task/common_pb.js';
import { RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { expectError, suites } from '../rpc/harness.ts';
import { createRunRequest, newName, PLACE } from '../rpc/requests.ts';
import {
  automation,
  cron,
  deploy,
  newTask,
  rate,
  type TaskClients,
  taskClients,
  taskId,
  triggerName,
  yearly,
} from './requests.ts';

suites('triggers that are refused, and those fired by hand', {}, (suite) => {
  let clients: TaskClients;
  let task: string;
  beforeAll(async () => {
    clients = taskClients(suite);
    task = newTask();
    await deploy(clients, task);
    await deploy(clients, task, 'v2');
  });

  const make = (name: string, more: { spec?: object; automationSpec?: object } = {}, of = task) =>
    clients.triggers.deployTrigger({
      name: triggerName(of, name),
      automationSpec: yearly(),
      ...more,
      spec: { active: true, taskVersion: 'v1', ...more.spec },
    });
  const details = async (name: string) =>
    (await clients.triggers.getTriggerDetails({ name: triggerName(task, name) })).trigger;

  it.each<[string, object, RegExp]>([
    [
      'a cron expression',
      { automationSpec: cron('61 * * * *') },
      /trigger "bad": cron expression "61 \* \* \* \*" can't be read/,
    ],
    ['a cron expression that never fires', { automationSpec: cron('0 0 30 2 *') }, /never fires/],
    [
      'a time zone',
      { automationSpec: cron('0 0 * * *', 'Mars/Base') },
      /the time zone "Mars\/Base" is not known/,
    ],
    ['a rate', { automationSpec: rate(50_000) }, /at most once in 100 years/],
    ['a unit', { automationSpec: rate(1, FixedRateUnit.UNSPECIFIED) }, /unit/],
    [
      'a missing schedule',
      { automationSpec: automation({ type: Type.TYPE_SCHEDULE }) },
      /automation_spec.schedule must be set/,
    ],
    [
      'a schedule of nothing',
      { automationSpec: { ...yearly(), type: Type.TYPE_NONE } },
      /automation_spec.schedule must not be set with TYPE_NONE/,
    ],
    [
      'an input that is not there',
      { automationSpec: yearly('nope') },
      /"nope" is no input of the task; its inputs are x, when/,
    ],
    ['an input of another type', { automationSpec: yearly('x') }, /"x" must be an input of type DATETIME/],
    ['a description', { spec: { description: 'x'.repeat(256) } }, /at most 255 characters, not 256/],
    [
      'inputs of another storage',
      { spec: { inputWrapper: { case: 'offloadedInputData', value: { uri: 's3://x/y', inputsHash: 'h' } } } },
      /"s3:\/\/x\/y" is not in this service's storage/,
    ],
    ['labels', { spec: { runSpec: { labels: { values: { '': 'x' } } } } }, /trigger "bad": label key ""/],
  ])('refuses %s', async (_, more, sentence) => {
    await expectError(make('bad', more), Code.InvalidArgument, sentence);
    await expectError(details('bad'), Code.NotFound);
  });

  it('refuses a version or task that is not deployed', async () => {
    await expectError(
      make('bad', { spec: { taskVersion: 'v9' } }),
      Code.NotFound,
      /has no version "v9"; deploy it first/,
    );
    await expectError(make('bad', {}, 'no.task'), Code.NotFound, /there is no task "no.task" in/);
  });

  it('takes a trigger on artifacts only while it is inactive', async () => {
    const name = newName('t');
    const onArtifact = automation({
      type: Type.TYPE_ARTIFACT,
      automation: { case: 'artifact', value: { artifactName: 'model' } },
    });
    const sentence = /waits for an artifact, and this service has none/;
    await expectError(make(name, { automationSpec: onArtifact }), Code.Unimplemented, sentence);
    await make(name, { automationSpec: onArtifact, spec: { active: false } });
    const names = [triggerName(task, name)];
    await expectError(clients.triggers.updateTriggers({ names, active: true }), Code.Unimplemented, sentence);
  });

  it('is fired by hand: with its own inputs and spec, or with those of the caller', async () => {
    const name = newName('t');
    const literals = [{ name: 'x' }];
    await make(name, {
      automationSpec: yearly('when'),
      spec: {
        active: false,
        taskVersion: 'v2',
        runSpec: { queue: 'fast', labels: { values: { from: 'trigger' } } },
        inputWrapper: { case: 'inputs', value: { literals } },
      },
    });
    const fire = async (more: object = {}) => {
      const run = newName();
      const request = createRunRequest(run, {
        task: { case: 'triggerName', value: triggerName(task, name) },
        source: RunSource.CLI,
        ...more,
      });
      await suite.runs.createRun(request);
      const { details: found } = await suite.runs.getRunDetails({ runId: { ...PLACE, name: run } });
      const row = await suite.service.dialect.reader
        .selectFrom('actions')
        .innerJoin('action_inputs', 'action_inputs.action_id', 'actions.id')
        .select('action_inputs.inputs')
        .where('actions.run_name', '=', run)
        .executeTakeFirst();
      const inputs = row ? fromBinary(InputsSchema, row.inputs) : create(InputsSchema);
      return { run: found, inputs: inputs.literals.map((literal) => literal.name) };
    };
    const plain = await fire();
    expect(plain.run?.runSpec).toMatchObject({ queue: 'fast', labels: { values: { from: 'trigger' } } });
    expect(plain.run?.runSpec?.runStartTime).toBeDefined();
    expect(plain.run?.action?.metadata).toMatchObject({
      source: RunSource.CLI,
      triggerName: name,
      triggerId: { name: triggerName(task, name), revision: 1n },
      triggerType: { type: Type.TYPE_SCHEDULE },
      spec: { value: { id: taskId(task, 'v2') } },
    });
    expect(plain.inputs).toEqual(['x', 'when']);
    const time = { seconds: 1_700_000_000n, nanos: 0 };
    const own = await fire({
      inputWrapper: { case: 'inputs', value: { literals: [{ name: 'y' }] } },
      runSpec: { queue: 'slow' },
      runStartTime: time,
    });
    expect([own.run?.runSpec?.queue, own.run?.runSpec?.runStartTime?.seconds, own.inputs]).toEqual([
      'slow',
      time.seconds,
      ['y', 'when'],
    ]);
    const listed = await suite.runs.listRuns({
      scopeBy: { case: 'triggerName', value: triggerName(task, name) },
    });
    expect(listed.runs).toHaveLength(2);
    await expectError(
      suite.runs.createRun(
        createRunRequest(newName(), { task: { case: 'triggerName', value: triggerName(task, 'missing') } }),
      ),
      Code.NotFound,
      /there is no trigger "missing" of task/,
    );
  });

  it('takes a trigger without automation, which is fired by hand only', async () => {
    const name = newName('t');
    const { trigger: made } = await make(name, { automationSpec: automation({ type: Type.TYPE_NONE }) });
    expect(made?.automationSpec?.type).toBe(Type.TYPE_NONE);
    const unsaid = await clients.triggers.deployTrigger({
      name: triggerName(task, newName('t')),
      spec: { active: true, taskVersion: 'v1' },
    });
    expect(unsaid.trigger?.automationSpec?.type).toBe(Type.TYPE_NONE);
  });
});

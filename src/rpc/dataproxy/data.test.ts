import { createHash, randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { expectError, type Suite, suites } from '../../../test/rpc/harness.ts';
import {
  actionId,
  createRun,
  event,
  type Init,
  newName,
  PLACE,
  Phase,
  runId,
  taskRequest,
  taskSpec,
} from '../../../test/rpc/requests.ts';
import type { UploadInputsRequestSchema } from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { type Inputs, InputsSchema, OutputsSchema } from '../../gen/flyteidl2/task/common_pb.js';
import { RunSource } from '../../gen/flyteidl2/workflow/run_definition_pb.js';

const inputsWith = (text: string) =>
  create(InputsSchema, {
    literals: [
      {
        name: 'x',
        value: {
          value: {
            case: 'scalar',
            value: { value: { case: 'primitive', value: { value: { case: 'stringValue', value: text } } } },
          },
        },
      },
    ],
  });

const request = (inputs: Inputs, more: Init<typeof UploadInputsRequestSchema> = {}) => ({
  id: {
    case: 'projectId',
    value: { organization: PLACE.org, name: PLACE.project, domain: PLACE.domain },
  } as const,
  task: { case: 'taskSpec', value: taskSpec() } as const,
  inputs,
  ...more,
});

const upload = async (suite: Suite, ...args: Parameters<typeof request>) => {
  const { offloadedInputData } = await suite.data.uploadInputs(request(...args));
  if (!offloadedInputData) throw new Error('nothing was answered');
  return offloadedInputData;
};

suites('UploadInputs', {}, (suite) => {
  test('stores the inputs once, below their project and domain, and names the file', async () => {
    const inputs = inputsWith(randomUUID());
    const { uri, inputsHash } = await upload(suite, inputs);
    expect(uri).toMatch(/\/offloaded-inputs\/flytesnacks\/development\/[0-9a-f]{64}\/inputs\.pb$/);
    expect(equals(InputsSchema, fromBinary(InputsSchema, await readFile(uri)), inputs)).toBe(true);
    const again = await upload(suite, inputs, { id: { case: 'runId', value: runId(newName()) } });
    expect(again).toMatchObject({ uri, inputsHash });
    expect((await upload(suite, inputsWith('other'))).uri).not.toBe(uri);
  });

  test('a run takes them from there, and GetActionData answers them', async () => {
    const inputs = inputsWith(randomUUID());
    const offloaded = await upload(suite, inputs);
    const run = await createRun(suite, { inputWrapper: { case: 'offloadedInputData', value: offloaded } });
    const data = await suite.data.getActionData({ actionId: actionId(run) });
    expect(data).toMatchObject({ inputsUri: offloaded.uri, outputsUri: '' });
    expect(equals(InputsSchema, data.inputs ?? create(InputsSchema), inputs)).toBe(true);
    expect(data.outputs).toBeUndefined();
  });

  test('goes below base_dir, if that is in the storage', async () => {
    const { uri } = await upload(suite, inputsWith('x'));
    const baseDir = `${dirname(dirname(uri))}/my base/`;
    expect((await upload(suite, inputsWith('x'), { baseDir })).uri).toMatch(
      /\/development\/my base\/offloaded-inputs\/[0-9a-f]{64}\/inputs\.pb$/,
    );
    const outside = suite.data.uploadInputs(request(inputsWith('x'), { baseDir: 's3://elsewhere/' }));
    await expectError(outside, Code.InvalidArgument, /^base_dir "s3:\/\/elsewhere\/" is not in the storage/);
  });

  test('leaves out of the hash what the task ignores', async () => {
    const spec = taskSpec();
    if (spec.taskTemplate?.metadata) spec.taskTemplate.metadata.cacheIgnoreInputVars = ['x'];
    const task = { case: 'taskSpec', value: spec } as const;
    const [a, b] = [
      await upload(suite, inputsWith('a'), { task }),
      await upload(suite, inputsWith('b'), { task }),
    ];
    expect(a.inputsHash).toBe(b.inputsHash);
    expect(a.uri).not.toBe(b.uri);
    expect(a.inputsHash).not.toBe((await upload(suite, inputsWith('a'))).inputsHash);
  });

  test('takes no inputs for inputs without literals', async () => {
    const { uri, inputsHash } = await upload(suite, create(InputsSchema));
    expect(await readFile(uri)).toHaveLength(0);
    expect(inputsHash).not.toBe('');
  });

  test('refuses what names nothing', async () => {
    const call = (more: Init<typeof UploadInputsRequestSchema>) =>
      suite.data.uploadInputs(request(inputsWith('x'), more));
    await expectError(call({ id: { case: undefined } }), Code.InvalidArgument);
    await expectError(call({ task: { case: undefined } }), Code.InvalidArgument);
    const elsewhere = { ...runId('x'), domain: 'none' };
    await expectError(call({ id: { case: 'runId', value: elsewhere } }), Code.NotFound, /no domain "none"/);
    const id = { ...PLACE, name: 'none', version: 'v1' };
    await expectError(call({ task: { case: 'taskId', value: id } }), Code.NotFound, /no task "none"/);
    const trigger = { ...PLACE, taskName: 'none', name: 'daily' };
    await expectError(
      call({ task: { case: 'triggerName', value: trigger } }),
      Code.NotFound,
      /trigger "daily"/,
    );
  });
});

suites('GetActionData', {}, (suite) => {
  const inputs = inputsWith('ü');
  const outputs = create(OutputsSchema, { literals: inputs.literals.map((one) => ({ ...one, name: 'o0' })) });

  /** PUTs a file as the SDK does; answers where it is. */
  async function put(root: string, filename: string, content: Uint8Array): Promise<string> {
    const contentMd5 = createHash('md5').update(content).digest();
    const location = await suite.data.createUploadLocation({
      ...PLACE,
      filename,
      filenameRoot: root,
      contentMd5,
    });
    const { ok } = await fetch(location.signedUrl, {
      method: 'PUT',
      headers: location.headers,
      body: Buffer.from(content),
    });
    expect(ok).toBe(true);
    return location.nativeUrl;
  }

  test('inputs that came with the request have an address, too', async () => {
    const run = await createRun(suite, { inputWrapper: { case: 'inputs', value: inputs } });
    const data = await suite.data.getActionData({ actionId: actionId(run), runSource: RunSource.CLI });
    expect(equals(InputsSchema, data.inputs ?? create(InputsSchema), inputs)).toBe(true);
    expect(await readFile(data.inputsUri)).toEqual(Buffer.from(toBinary(InputsSchema, inputs)));
  });

  test('outputs, once they are there', async () => {
    const run = await createRun(suite);
    const root = newName('root');
    const place = await put(root, 'unrelated', Buffer.from('x'));
    const running = event(run, 'a0', Phase.RUNNING, { outputs: { outputUri: dirname(place) } });
    await suite.internal.recordActionEvents({ events: [running] });
    expect(await suite.data.getActionData({ actionId: actionId(run) })).toMatchObject({ outputsUri: '' });
    const uri = await put(root, 'outputs.pb', toBinary(OutputsSchema, outputs));
    const data = await suite.data.getActionData({ actionId: actionId(run) });
    expect(data.outputsUri).toBe(uri);
    expect(equals(OutputsSchema, data.outputs ?? create(OutputsSchema), outputs)).toBe(true);
  });

  test('inputs of a task that are gone are not the same as none', async () => {
    const offloaded = await upload(suite, inputsWith(randomUUID()));
    const run = await createRun(suite, { inputWrapper: { case: 'offloadedInputData', value: offloaded } });
    await rm(offloaded.uri);
    // The SDK looks for the word "inputs" to tell its user which of the two is missing.
    await expectError(
      suite.data.getActionData({ actionId: actionId(run) }),
      Code.NotFound,
      /inputs .* no longer/,
    );
  });

  test('what is kept elsewhere', async () => {
    const run = await createRun(suite);
    await suite.internal.recordAction(taskRequest(run, 'a1', { inputUri: 's3://bucket/inputs/' }));
    const call = suite.data.getActionData({ actionId: actionId(run, 'a1') });
    await expectError(call, Code.FailedPrecondition, /outside this service's storage/);
  });

  describe('of a tracked run', () => {
    async function tracked(): Promise<string> {
      const name = newName('local');
      await suite.tracked.createRun({
        id: { case: 'runId', value: runId(name) },
        task: { case: 'taskSpec', value: taskSpec() },
      });
      const report = (action: string) => ({
        event: event(name, action, Phase.RUNNING),
        parentName: action === 'a0' ? '' : 'a0',
        spec: { case: 'task', value: { spec: taskSpec('my_env.child') } } as const,
        status: { phase: Phase.RUNNING, attempts: 1 },
      });
      await suite.tracked.reportActions({ runId: runId(name), updates: [report('a0'), report('c1')] });
      return name;
    }

    test.each(['a0', 'c1'])('inputs of %s are found where the SDK puts them', async (action) => {
      const run = await tracked();
      const get = (runSource: RunSource) =>
        suite.data.getActionData({ actionId: actionId(run, action), runSource });
      expect(await get(RunSource.TRACKED)).toMatchObject({ inputsUri: '', outputsUri: '' });
      const uri = await put(`tracked-runs/${run}/${action}`, 'inputs.pb', toBinary(InputsSchema, inputs));
      for (const source of [RunSource.TRACKED, RunSource.UNSPECIFIED]) {
        const data = await get(source);
        expect(data.inputsUri).toBe(uri);
        expect(equals(InputsSchema, data.inputs ?? create(InputsSchema), inputs)).toBe(true);
      }
      await expectError(get(RunSource.WEB), Code.NotFound, /there is no run/);
    });
  });

  test('of what is not there', async () => {
    const run = await createRun(suite);
    await expectError(suite.data.getActionData({ actionId: actionId('none') }), Code.NotFound);
    await expectError(suite.data.getActionData({ actionId: actionId(run, 'a7') }), Code.NotFound, /"a7"/);
    const source = { actionId: actionId(run), runSource: RunSource.TRACKED };
    await expectError(suite.data.getActionData(source), Code.NotFound, /there is no tracked run/);
  });
});
